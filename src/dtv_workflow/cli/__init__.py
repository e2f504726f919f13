"""The command line. One module per noun, loaded when it is asked for; `do` and `record` are made from the steps.

Data goes to stdout, talk to stderr. A table on a terminal, plain text in a pipe, `--format` for the rest.
"""
