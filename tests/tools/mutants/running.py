"""The parent of all trials: a session of pytest that has collected the tests, and forks a child for each attempt."""

import gc
import json
import marshal
import os
import selectors
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from tests.tools.mutants import child, children
from tests.tools.mutants.changes import parse
from tests.tools.mutants.line_map import TOOL, Run
from tests.tools.mutants.trials import Attempt, Judge, Mutant, Outcome, Verdict

_FACTOR, _CONSTANT = 8.0, 30.0
"""A test that takes so many times what it took for the map, and so many seconds, hangs."""
_START = 300.0  # Seconds for a Python of its own to collect its tests

Trial = Generator[Attempt, Outcome, Verdict]


@dataclass(slots=True)
class _Running:
    """An attempt in its process."""

    trial: Trial
    attempt: Attempt
    pid: int
    pipe: int
    scratch: Path
    until: float
    text: str = ""
    began: list[str] = field(default_factory=list)


class Runner:
    """A plugin of pytest that, in place of running the tests, lets each mutant be tried by them."""

    def __init__(
        self,
        mutants: Sequence[Mutant],
        folders: Sequence[str],
        jobs: int,
        tell: Callable[[Verdict], None],
        *,
        all_tests: bool,
    ) -> None:
        self.verdicts: list[Verdict] = []
        self._mutants = mutants
        self._folders = folders
        self._jobs = jobs
        self._tell = tell
        self._all_tests = all_tests
        self._judge = Judge()
        self._functions: child.Functions = {}
        self._codes: dict[int, tuple[bytes, child.Swaps]] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="mutants-"))
        self._numbers = count()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if self._all_tests:
            for mutant in self._mutants:
                mutant.tests = [Run(item.nodeid, 10.0) for item in session.items]
        self._functions = child.live_functions(self._folders)
        children.hand_on()
        waiting = deque(self._judge.trial(mutant) for mutant in self._mutants)
        ready: deque[tuple[Trial, Outcome | None]] = deque()
        with selectors.DefaultSelector() as selector:
            while waiting or ready or selector.get_map():
                while len(selector.get_map()) < self._jobs and (ready or waiting):
                    trial, outcome = ready.popleft() if ready else (waiting.popleft(), None)
                    try:
                        attempt = trial.send(outcome) if outcome else next(trial)
                    except StopIteration as end:
                        self.verdicts.append(end.value)
                        self._tell(end.value)
                        continue
                    running = self._start(session, trial, attempt)
                    selector.register(running.pipe, selectors.EVENT_READ, running)
                for running, outcome in self._ended(selector):
                    selector.unregister(running.pipe)
                    self._end(running)
                    ready.append((running.trial, outcome))
        shutil.rmtree(self._folder, ignore_errors=True)
        return True

    def _ended(self, selector: selectors.BaseSelector) -> Iterable[tuple[_Running, Outcome]]:
        """Those that have come to an end, or past their time."""
        readable = {key.fd for key, _events in selector.select(0.5)}
        ended = []
        for key in list(selector.get_map().values()):
            running: _Running = key.data
            if running.pipe in readable:
                data = os.read(running.pipe, 1 << 16).decode()
                running.text += data
                *lines, running.text = running.text.split("\n")
                for line in lines:
                    if line in ("passed", "failed"):
                        ended.append((running, Outcome(running.began[-1] if line == "failed" else None)))
                    else:
                        running.began.append(json.loads(line))
                        running.until = time.monotonic() + self._limit(running)
                if not data and all(each is not running for each, _outcome in ended):
                    # It ended without a word: in a test, or before the first one.
                    last = running.began[-1] if running.began else None
                    ended.append((running, Outcome(last, at_collection=last is None)))
            elif time.monotonic() > running.until:
                last = running.began[-1] if running.began else None
                ended.append((running, Outcome(last, timed_out=True, at_collection=last is None)))
        return ended

    @staticmethod
    def _limit(running: _Running) -> float:
        seconds = {test.name: test.seconds for test in running.attempt.tests}
        return seconds[running.began[-1]] * _FACTOR + _CONSTANT

    def _start(self, session: pytest.Session, trial: Trial, attempt: Attempt) -> _Running:
        scratch = self._folder / str(next(self._numbers))
        scratch.mkdir()
        source, fresh = None, attempt.fresh
        changed: child.Swaps = []
        if attempt.mutant:
            source = attempt.mutant.line.file
            code, changed = self._changed(attempt.mutant)
            (scratch / "code").write_bytes(code)
            # A function that exists and cannot be changed, such as one in a closure that a test module keeps.
            fresh |= not changed and str(source.resolve()) in self._functions
        pipe, report = os.pipe()
        start = self._start_python if fresh else self._fork
        pid = start(session, attempt, scratch, source, report, changed)
        os.close(report)
        return _Running(trial, attempt, pid, pipe, scratch, time.monotonic() + _START)

    def _changed(self, mutant: Mutant) -> tuple[bytes, child.Swaps]:
        if mutant.number not in self._codes:
            path = str(mutant.line.file.resolve())
            tree, lines = parse(mutant.line.file)
            before = compile(tree, path, "exec", dont_inherit=True)
            lines[mutant.index].changes[mutant.line.changes.index(mutant.change)].make()
            after = compile(tree, path, "exec", dont_inherit=True)
            swaps = child.swaps(self._functions.get(path, ()), before, after)
            self._codes[mutant.number] = marshal.dumps(after), swaps
        return self._codes[mutant.number]

    @staticmethod
    def _fork(
        session: pytest.Session,
        attempt: Attempt,
        scratch: Path,
        source: Path | None,
        report: int,
        changed: child.Swaps,
    ) -> int:
        gc.collect()
        gc.freeze()
        if pid := os.fork():
            return pid
        try:
            child.take_over(session, scratch, source, changed)
            child.run_tests(session, [test.name for test in attempt.tests], report)
        finally:
            os._exit(0)

    @staticmethod
    def _start_python(
        session: pytest.Session,
        attempt: Attempt,
        scratch: Path,
        source: Path | None,
        report: int,
        _changed: child.Swaps,
    ) -> int:
        names = scratch / "tests"
        names.write_text(json.dumps([test.name for test in attempt.tests]), encoding="utf-8")
        environment = os.environ | child.variables(scratch, source)
        environment |= {
            child.NAMES: str(names),
            child.REPORT: str(report),
            "PYTHONPATH": f"{child.HOOK}:{TOOL}",
            "PYTEST_DEBUG_TEMPROOT": str(scratch),
            "TMPDIR": str(scratch),
        }
        files = sorted({test.file for test in attempt.tests})
        if pid := os.fork():
            return pid
        try:
            os.setsid()
            child.be_silent()
            os.set_inheritable(report, True)
            command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.tools.mutants.child", *files]
            os.execve(sys.executable, command, environment)
        finally:
            os._exit(1)

    @staticmethod
    def _end(running: _Running) -> None:
        """End its processes and remove its files."""
        with suppress(OSError):
            os.killpg(running.pid, signal.SIGKILL)
        with suppress(OSError):
            os.kill(running.pid, signal.SIGKILL)
        os.waitpid(running.pid, 0)
        children.end_all(f"MUTANT_SCRATCH={running.scratch}\0")
        os.close(running.pipe)
        shutil.rmtree(running.scratch, ignore_errors=True)
