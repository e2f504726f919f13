"""The departures of one month as CSV: `python monthly_departures.py STORE 2026-01`. Exact counts: not for publishing."""

import csv
import sys

from sqlalchemy import text

from dtv_workflow import open_store

COUNTED = text("""
    SELECT month, outcome, citizenship, age_band, sex, n FROM departures WHERE month = :month
    ORDER BY outcome, citizenship, age_band, sex
""")


def main(store_url: str, month: str) -> None:
    """Print the month's cells, and on stderr up to where in the log they were counted."""
    with open_store(store_url) as store, store.views() as views:
        cells = views.execute(COUNTED, {"month": month})
        lines = csv.writer(sys.stdout, lineterminator="\n")
        lines.writerow(cells.keys())
        lines.writerows(cells)
        sys.stderr.write(f"counted up to position {views.info['position']}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
