"""The chapters of the work, all of the same shape: rules and guards, events with their `apply`, steps, rows.

Each file answers for its subject whole: what may be asked, what gets recorded, what refuses it and on which article, and
from which phase to which. `workflow` gathers the rows.
"""
