"""`make bench`: every group of figures in one run; `BENCH="--quick start wire"` chooses."""

import argparse
import sys
import time
from importlib import import_module

from tests.bench.rows import print_rows

GROUPS = (
    "start",
    "wire",
    "output",
    "link",
    "aws",
    "log",
    "masking",
    "reading",
    "tail",
    "calendar",
    "morning",
    "journal",
    "ledger",
    "incident",
    "growth",
)
SETS = {"logs": ("log", "reading", "tail")}  # Groups that are measured together
COUNTED = "smoke"
"""Under two minutes: counts alone, the same on any machine, so that a missed goal ends it with status 1."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "groups",
        nargs="*",
        metavar="GROUP",
        help=f"of {', '.join(GROUPS)}, or logs for {', '.join(SETS['logs'])}, or {COUNTED}; all but that when none is named",
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    parser.add_argument("--without", action="append", default=[], choices=GROUPS, help="leave a group out")
    chosen = parser.parse_args()
    groups = [group for name in chosen.groups or GROUPS for group in SETS.get(name, (name,))]
    groups = [group for group in groups if group not in chosen.without]
    if unknown := set(groups) - {*GROUPS, COUNTED}:
        parser.error(f"no group {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    met, missed = 0, []
    for group in groups:
        began = time.monotonic()
        rows = import_module(f"tests.bench.{group}_bench").run(chosen.quick)
        print_rows(rows)
        print(f"({group}: {time.monotonic() - began:.0f} s)\n", flush=True)
        met += sum(row.met is True for row in rows)
        missed += [f"{row.group}: {row.figure} / {row.yardstick_name}" for row in rows if row.met is False]
    print(f"goals met: {met}, missed: {len(missed)}", *missed, sep="\n  ")
    if missed and groups == [COUNTED]:
        sys.exit(1)


main()
