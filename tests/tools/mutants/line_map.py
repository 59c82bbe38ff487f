"""The map from lines to the tests that run them, made by one run of the suite (`make mutants-map`) and kept in a file."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from coverage.numbits import numbits_to_nums

from tests.tools.mutants.recording import RESULTS

TOOL = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Run:
    """A test, by pytest's name of it, and how long it took while it was measured."""

    name: str
    seconds: float

    @property
    def file(self) -> str:
        return self.name.partition("::")[0]


def record(folder: Path, sources: Sequence[str], pytest_arguments: Sequence[str]) -> int:
    """Run the tests below coverage and write `folder`/map.sqlite anew; pytest's exit status."""
    shutil.rmtree(folder, ignore_errors=True)
    raw = folder / "raw"
    raw.mkdir(parents=True)
    included = "".join(f"\n    {Path(source).absolute()}/*" for source in sources)
    rc = folder / "coveragerc"
    rc.write_text(
        f"[run]\nparallel = true\npatch = subprocess, _exit\ndata_file = {raw.absolute()}/data\n"
        f"disable_warnings = no-data-collected, module-not-imported, no-sysmon\ninclude ={included}\n"
    )
    environment = os.environ | {
        RESULTS: str(raw.absolute()),
        "COVERAGE_CORE": "ctrace",  # the one that can tell contexts apart
        "PYTHONPATH": f"{TOOL}:{os.environ.get('PYTHONPATH', '')}".rstrip(":"),
    }
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={rc}", "-m", "pytest", "-q"]
    digests = [(str(file), digest(file)) for source in sources for file in Path(source).rglob("*.py")]
    status = subprocess.run(
        [*command, "-p", "tests.tools.mutants.recording", *pytest_arguments], env=environment, check=False
    ).returncode
    _join(raw, folder / "map.sqlite", digests)
    shutil.rmtree(raw)
    return status


def digest(file: Path) -> str:
    """By which a file is the same as it was."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _join(raw: Path, path: Path, digests: Sequence[tuple[str, str]]) -> None:
    """One file of what each process has measured."""
    with closing(sqlite3.connect(path)) as all_runs, all_runs:
        all_runs.execute("CREATE TABLE source (file TEXT PRIMARY KEY, digest TEXT)")
        all_runs.executemany("INSERT INTO source VALUES (?, ?)", digests)
        all_runs.execute("CREATE TABLE test (name TEXT PRIMARY KEY, seconds REAL, failed INTEGER)")
        all_runs.execute("CREATE TABLE run (file TEXT, test TEXT, lines BLOB)")
        for results in raw.glob("*.jsonl"):
            rows = (json.loads(line) for line in results.read_text(encoding="utf-8").splitlines())
            all_runs.executemany("INSERT OR REPLACE INTO test VALUES (?, ?, ?)", rows)
        for data in raw.glob("data.*"):
            # A process that was killed while it wrote has measured nothing.
            with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(data)) as one:
                all_runs.executemany(
                    "INSERT INTO run VALUES (?, ?, ?)",
                    one.execute(
                        "SELECT path, context, numbits FROM line_bits JOIN file ON file.id = file_id "
                        "JOIN context ON context.id = context_id"
                    ),
                )
        all_runs.execute("CREATE INDEX by_file ON run (file)")


class LineMap:
    """What was measured: tests by line and by file."""

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(path)
        self.tests = {
            name: Run(name, seconds)
            for name, seconds in self._rows.execute("SELECT name, seconds FROM test WHERE NOT failed")
        }
        """Those that succeed, by name."""
        self.seconds = sum(test.seconds for test in self.tests.values())
        self._digests = dict(self._rows.execute("SELECT file, digest FROM source"))
        self.lines = cache(self._lines)

    def has_changed(self, file: Path) -> bool:
        """Whether the file is another than when the map was made, so that its lines are."""
        return self._digests.get(str(file)) != digest(file)

    def _lines(self, file: Path) -> dict[str, set[int]]:
        """The lines of a file that each test runs; under "": while modules are imported and tests collected."""
        tests: dict[str, set[int]] = {}
        query = "SELECT test, lines FROM run WHERE file = ?"
        for test, numbits in self._rows.execute(query, (str(file.absolute()),)):
            tests.setdefault(test, set()).update(numbits_to_nums(numbits))
        return tests

    def tests_of(self, file: Path, lines: Iterable[int] | None = None) -> list[Run]:
        """The tests that run one of the lines, or any of the file's."""
        wanted = None if lines is None else set(lines)
        return [
            self.tests[test]
            for test, run in self.lines(file).items()
            if test in self.tests and (wanted is None or wanted & run)
        ]

    def is_run_by_imports(self, file: Path, lines: Iterable[int]) -> bool:
        """Whether it runs while modules are imported or tests collected."""
        return bool(self.lines(file).get("", set()).intersection(lines))
