"""`make bench`: every group of figures in one run; `BENCH="--quick start wire"` chooses."""

import argparse
from importlib import import_module

from tests.bench.rows import print_rows

GROUPS = ("start", "wire", "log", "aws")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], default=list(GROUPS))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    chosen = parser.parse_args()
    for group in chosen.groups:
        rows = import_module(f"tests.bench.{group}_bench").run(chosen.quick)
        print_rows(rows)


main()
