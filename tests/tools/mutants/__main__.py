"""Changes a sample of lines and says which changes no test notices; or records which tests run which lines.

python -m tests.tools.mutants --size 60
python -m tests.tools.mutants --only services/feed.py:120 --tests tests/services/test_feed.py
python -m tests.tools.mutants map -n 4 --dist loadgroup -m "not slow" tests
"""

import argparse
import sys
import time
from pathlib import Path

import pytest

from tests.tools.mutants.changes import parse
from tests.tools.mutants.line_map import LineMap, record
from tests.tools.mutants.report import is_enough, line_of, table
from tests.tools.mutants.running import Runner
from tests.tools.mutants.sample import chosen_lines, mutants, product
from tests.tools.mutants.trials import Mutant, Verdict

KEPT = Path(".mutants")  # Where the map is kept, in the folder from which the tool runs
FOLDERS = ("services", "tui", "widgets")


def _chosen(options: argparse.Namespace, line_map: LineMap) -> list[Mutant]:
    files = product(options.folders)
    if not options.only:
        return mutants(files, chosen_lines(files, options.size, options.seed), options.seed, line_map)
    lines = []
    for place in options.only:
        name, _, number = place.rpartition(":")
        in_file = enumerate(parse(Path(name))[1])
        lines += [(line, index) for index, line in in_file if line.first <= int(number) <= line.last]
    return mutants(files, lines, options.seed, line_map)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["map"]:
        folders: tuple[str, ...] = FOLDERS
        if arguments[1:2] == ["--folders"]:
            folders, arguments = tuple(arguments[2].split(",")), arguments[2:]
        return record(KEPT, folders, arguments[1:])
    parser = argparse.ArgumentParser(prog="python -m tests.tools.mutants", description=__doc__)
    parser.add_argument("--size", type=int, default=400, help="how many lines")
    parser.add_argument("--seed", type=int, default=39)
    parser.add_argument("--jobs", type=int, default=2, help="how many mutants at a time")
    parser.add_argument("--folders", type=lambda text: text.split(","), default=FOLDERS)
    parser.add_argument("--only", nargs="+", metavar="FILE:LINE", help="these lines in place of a sample")
    parser.add_argument("--tests", nargs="+", metavar="FILE", help="these tests in place of those of the map")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    line_map = LineMap(KEPT / "map.sqlite")
    chosen = _chosen(options, line_map)
    files = options.tests or sorted({test.file for mutant in chosen for test in mutant.tests})

    def tell(verdict: Verdict) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {line_of(verdict)}", flush=True)

    runner = Runner(chosen, options.folders, options.jobs, tell, all_tests=bool(options.tests))
    status = pytest.main(["-q", "--no-header", *files], plugins=[runner])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return int(status)
    print(f"\n{table(runner.verdicts)}\n\n{time.monotonic() - began:.0f} s")
    return 0 if is_enough(runner.verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
