"""`python -m dtv_workflow` is `dtv`."""

from dtv_workflow.cli.main import main

main()
