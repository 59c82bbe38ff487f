"""A mutant's trial: which tests may notice it, in which order, and what their outcome means."""

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.tools.mutants.changes import Change, Line
from tests.tools.mutants.line_map import LineMap, Run

NEAR_SHARE, FAR_SHARE = 0.1, 0.05
"""Of the time that all tests take: what those of the mirrored folder may take for one mutant, and what all others may."""
FIRST_FILES, MOST_FILES = 6, 60
"""Test files that a Python of its own collects, at first and if none of their tests fails."""


@dataclass(slots=True)
class Mutant:
    """A line, one change of it, and the tests that may notice."""

    number: int
    line: Line
    index: int  # Which line of its module it is
    change: Change
    tests: list[Run]
    runners: int
    """How many tests run the line; `tests` may be fewer, and for what is executed by imports others."""
    at_import: bool  # Whether it is executed while modules are imported, so that it takes a Python of its own

    @property
    def place(self) -> str:
        return f"{self.line.file}:{self.line.first}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Tests to run in one process, with the mutant or (None) without."""

    mutant: Mutant | None
    tests: Sequence[Run]
    fresh: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: at which test, None if all passed."""

    test: str | None
    timed_out: bool = False
    at_collection: bool = False


@dataclass(slots=True)
class Verdict:
    """`killed`, `timed out` or `alive`."""

    mutant: Mutant
    word: str
    by: str = ""
    ran: int = 0


@dataclass(slots=True)
class Judge:
    """Tries mutants; remembers which tests fail without any."""

    sound: dict[tuple[str, bool], bool] = field(default_factory=dict)

    def trial(self, mutant: Mutant) -> Generator[Attempt, Outcome, Verdict]:
        """Run what may notice until a test fails that succeeds without the mutant."""
        left = [test for test in mutant.tests if self.sound.get((test.name, False), True)]
        ran = 0
        while left:
            # A Python of its own imports all files first: the nearest alone kill most mutants sooner.
            attempted = _of_few_files(left, FIRST_FILES) if mutant.at_import and not ran else left
            outcome = yield Attempt(mutant, attempted, mutant.at_import)
            if outcome.at_collection:
                assert (yield from self._is_sound(left[0], fresh=mutant.at_import)), left[0]
                return Verdict(mutant, "killed", "import", ran)
            done = attempted
            if outcome.test is not None:
                place = [test.name for test in attempted].index(outcome.test)
                done = attempted[: place + 1]
            ran += len(done)
            if outcome.test is not None and (yield from self._is_sound(done[-1])):
                return Verdict(mutant, "timed out" if outcome.timed_out else "killed", outcome.test, ran)
            left = [test for test in left if test not in done]
        return Verdict(mutant, "alive", "", ran)

    def _is_sound(self, test: Run, *, fresh: bool = False) -> Generator[Attempt, Outcome, bool]:
        key = (test.name, fresh)
        if key not in self.sound:
            outcome = yield Attempt(None, [test], fresh)
            self.sound[key] = outcome.test is None and not outcome.at_collection
        return self.sound[key]


def tests_for(line: Line, line_map: LineMap, importers: Iterable[Path]) -> tuple[list[Run], int, bool]:
    """The tests in their order, how many run the line, and whether it is executed by imports. A line that
    imports execute is run by every test that uses its module, or a module that imports it."""
    lines = range(line.first, line.last + 1)
    is_known = not line_map.has_changed(line.file)
    runners = line_map.tests_of(line.file, lines if is_known else None)
    at_import = not line.in_function or (is_known and line_map.is_run_by_imports(line.file, lines))
    # What a cache has kept from an earlier test is run by that test alone; others of the same folder see it, too.
    neighbours = [test for test in line_map.tests_of(line.file) if _distance(line.file, test) == 0]
    seconds = line_map.seconds
    tests = (
        [*ordered(line.file, runners, seconds), *_within(neighbours, seconds * FAR_SHARE)] if runners else []
    )
    if at_import:
        users = [
            *line_map.tests_of(line.file),
            *(each for file in importers for each in line_map.tests_of(file)),
        ]
        tests = _of_few_files([*tests, *ordered(line.file, users, seconds)], MOST_FILES)
    return list(dict.fromkeys(tests)), len(runners), at_import


def ordered(file: Path, tests: Iterable[Run], seconds: float) -> list[Run]:
    """Those of the mirrored folder first, by their time; then by turns one of each file; as many as there is
    time for. `seconds`: what all tests of the map take."""
    unique = sorted(dict.fromkeys(tests), key=lambda test: (test.seconds, test.name))
    near = [test for test in unique if _distance(file, test) == 0]
    near.sort(key=lambda test: file.stem not in test.file)
    turn: Counter[str] = Counter()
    by_turns = []
    for test in unique:
        if _distance(file, test):
            turn[test.file] += 1
            by_turns.append((turn[test.file], _distance(file, test), test.seconds, test.name, test))
    far = [row[-1] for row in sorted(by_turns, key=lambda row: row[:-1])]
    return [*_within(near, seconds * NEAR_SHARE), *_within(far, seconds * FAR_SHARE)]


def _within(tests: Sequence[Run], seconds: float) -> list[Run]:
    chosen: list[Run] = []
    for test in tests:
        if (seconds := seconds - test.seconds) < 0 and chosen:
            break
        chosen.append(test)
    return chosen


def _of_few_files(tests: Sequence[Run], most: int) -> list[Run]:
    files = list(dict.fromkeys(test.file for test in tests))[:most]
    return [test for test in tests if test.file in files]


def _distance(file: Path, test: Run) -> int:
    """Folders from the module's to the test's, which mirror each other below the folder of the tests."""
    folder, tests = file.parent.parts, PurePosixPath(test.file).parent.parts[1:]
    common = 0
    while common < min(len(folder), len(tests)) and folder[common] == tests[common]:
        common += 1
    # tests/services/journal/test_x.py is as near to services/journal/x.py as to services/journal/x/parts.py.
    if len(tests) == common and len(folder) - common <= 1 and common:
        return 0
    return len(folder) + len(tests) - 2 * common
