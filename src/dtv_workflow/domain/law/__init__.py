"""The law in the engine: dated numbers (`ruleset`) and the rules that refuse (`rules`)."""
