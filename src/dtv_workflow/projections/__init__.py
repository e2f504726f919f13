"""Read models: each a few tables made from the log by one function, thrown away and rebuilt at will. Importing this is free."""
