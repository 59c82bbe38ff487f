"""`place`: each engine in turn, with a server that is started once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.services.journal.ledgers.places import PLACES, Place


@pytest.fixture(
    params=[pytest.param(name, marks=pytest.mark.xdist_group(f"ledger-{name}")) for name in PLACES]
)
def place(request: pytest.FixtureRequest, started: Callable[[str], Place]) -> Place:
    return started(request.param)


@pytest.fixture(scope="session")
def started() -> Iterator[Callable[[str], Place]]:
    places: dict[str, Place] = {}

    def start(name: str) -> Place:
        if name not in places:
            places[name] = PLACES[name]()
            stack.push(places[name].stack)
        return places[name]

    with ExitStack() as stack:
        yield start
