"""The domain: pure. No input or output, no clock, no database, no command line.

`chapters/` says what may be asked and what gets recorded; `decide` asks; `case` is what a fold of the log makes of a case.
"""
