"""`--slice 2026-12-01`: a part of the chosen tests that fits into CI, another one each day; `make faults
SLICE=…`. In every slice are the tests marked `data`, and of each function every kind that its arguments name
(KINDS). Of all tests each is in one slice of DAYS: seeds that follow one another, from a multiple of DAYS on,
leave none out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import pytest

DAYS = 10
KINDS = ("case", "engine", "fault", "kind", "play")
"""Arguments that say what fails, and what is changed, played or written to meanwhile."""
LINE = "slice"


@dataclass(frozen=True)
class Candidate:
    id: str
    function: str = ""
    kinds: frozenset[tuple[str, str]] = frozenset()  # Argument and value
    is_of_data: bool = False


def seed_of(text: str) -> int:
    try:
        return int(text) if text.isdecimal() else date.fromisoformat(text).toordinal()
    except ValueError:
        raise pytest.UsageError(f"--slice: neither a day, such as 2026-12-01, nor a number: {text}") from None


def chosen(candidates: Iterable[Candidate], seed: int) -> set[str]:
    turn, day = divmod(seed, DAYS)

    def rank(candidate: Candidate) -> tuple[bool, int]:
        """Who is kept in any case comes first; the others follow in the order of the seed."""
        return not is_kept(candidate), _number(f"{seed} {candidate.id}")

    def is_kept(candidate: Candidate) -> bool:
        return candidate.is_of_data or _number(f"turn {turn} {candidate.id}") % DAYS == day

    ids: set[str] = set()
    covered: set[tuple[str, tuple[str, str]]] = set()
    for candidate in sorted(candidates, key=rank):
        kinds = {(candidate.function, kind) for kind in candidate.kinds}
        if is_kept(candidate) or kinds - covered:
            ids.add(candidate.id)
            covered |= kinds
    return ids


def _number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8])


def candidate(item: pytest.Item) -> Candidate:
    parameters = getattr(item, "callspec", None)
    named = parameters.params if parameters else {}
    kinds = frozenset(
        (name, str(getattr(named[name], "kind", named[name]))) for name in KINDS if name in named
    )
    return Candidate(item.nodeid, item.nodeid.partition("[")[0], kinds, bool(item.get_closest_marker("data")))


class Slice:
    """The plugin, in the process that is asked and in each that runs tests."""

    def __init__(self, text: str) -> None:
        self._seed = seed_of(text)
        self._text = text
        self._said = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        candidates = [candidate(item) for item in items]
        ids = chosen(candidates, self._seed)
        left_out = [item for item in items if item.nodeid not in ids]
        always = sum(each.is_of_data for each in candidates)
        self._said = f"slice {self._text}: {len(ids)} of {len(items)} tests, {always} of them in every slice"
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item.nodeid in ids]
        getattr(config, "workeroutput", {})[LINE] = self._said

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        self._said = getattr(node, "workeroutput", {}).get(LINE, self._said)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._said:
            terminalreporter.write_line(f"{self._said}; again: make faults SLICE={self._text}")
