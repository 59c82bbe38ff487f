"""In the process that tests one mutant: a fork of what has collected the tests, or (as a plugin) a Python of its own."""

import gc
import json
import os
import resource
import tempfile
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tests.tools.mutants import children
from tests.tools.mutants.hook.sitecustomize import load_changed

HOOK = Path(__file__).parent / "hook"
NAMES = "MUTANT_TESTS"
REPORT = "MUTANT_REPORT"
_MEMORY = 6 << 30  # Bytes of addresses; a loop that never ends fails before it takes the machine's memory

Functions = dict[str, list[FunctionType]]
Swaps = list[tuple[FunctionType, CodeType]]


class _Failures:
    def __init__(self) -> None:
        self.any = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.any |= report.failed


def run_tests(session: pytest.Session, names: Sequence[str], report: int) -> None:
    """Run the tests in this order until one fails; a line is written to `report` as each begins, and at the end."""
    failures = _Failures()
    session.config.pluginmanager.register(failures)
    items = {item.nodeid: item for item in session.items}
    chosen = [items[name] for name in names if name in items]
    for item, following in zip_longest(chosen, chosen[1:]):
        os.write(report, f"{json.dumps(item.nodeid)}\n".encode())
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if failures.any:
            os.write(report, b"failed\n")
            return
    os.write(report, b"passed\n")


def be_silent() -> None:
    """Read and write nothing from here on."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)


def be_alone(session: pytest.Session, scratch: Path) -> None:
    """After the fork: a group of processes, files and streams that are nobody else's."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    capture = session.config.pluginmanager.getplugin("capturemanager")
    capture.stop_global_capturing()
    be_silent()
    capture.start_global_capturing()
    capture.suspend_global_capture()
    os.environ["PYTEST_DEBUG_TEMPROOT"] = os.environ["TMPDIR"] = str(scratch)
    tempfile.tempdir = None


def variables(scratch: Path, source: Path | None) -> dict[str, str]:
    """What every process that the tests start is given; with `source`, it is loaded from the changed code."""
    given = {"MUTANT_SCRATCH": str(scratch)}
    if source:
        given |= {
            "MUTANT_SOURCE": str(source.resolve()),
            "MUTANT_CODE": str(scratch / "code"),
            "PYTHONPATH": str(HOOK),
        }
    return given


def live_functions(folders: Sequence[str]) -> Functions:
    """Every function of the product that exists, by its file."""
    gc.unfreeze()
    roots = tuple(f"{Path(folder).resolve()}{os.sep}" for folder in folders)
    functions: Functions = {}
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and (file := one.__code__.co_filename).startswith(roots):
            functions.setdefault(file, []).append(one)
    gc.freeze()
    return functions


def swaps(functions: Sequence[FunctionType], before: CodeType, after: CodeType) -> Swaps:
    """The functions whose code the change concerns, each with its new code."""
    old, new = _by_place(before), _by_place(after)
    pairs = []
    for function in functions:
        code = function.__code__
        place = (code.co_qualname, code.co_firstlineno)
        if code in old.get(place, ()) and len(old[place]) == len(new.get(place, ())):
            changed = new[place][old[place].index(code)]
            if changed != code and changed.co_freevars == code.co_freevars:
                pairs.append((function, changed))
    return pairs


def _by_place(module: CodeType) -> dict[tuple[str, int], list[CodeType]]:
    places: dict[tuple[str, int], list[CodeType]] = {}
    for code in _codes(module):
        places.setdefault((code.co_qualname, code.co_firstlineno), []).append(code)
    return places


def _codes(module: CodeType) -> Iterator[CodeType]:
    for constant in module.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def take_over(session: pytest.Session, scratch: Path, source: Path | None, changed: Swaps) -> None:
    """Become the mutant: the functions that exist, modules that are yet to be imported, processes yet to be started."""
    be_alone(session, scratch)
    children.given.update(variables(scratch, source))
    for function, code in changed:
        function.__code__ = code
    if source:
        load_changed(str(source.resolve()), str(scratch / "code"))


def pytest_runtestloop(session: pytest.Session) -> bool:
    """As a plugin: the module was loaded with its changed code as Python found `hook/sitecustomize.py`."""
    names = json.loads(Path(os.environ[NAMES]).read_text(encoding="utf-8"))
    source = os.environ.get("MUTANT_SOURCE")
    children.hand_on()
    children.given.update(variables(Path(os.environ["MUTANT_SCRATCH"]), Path(source) if source else None))
    run_tests(session, names, int(os.environ[REPORT]))
    return True
