import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from services.clock import SpedClock
from services.demo.launch import isolate, ready, spawn, stop_child


class World(NamedTuple):
    url: str
    env: dict[str, str]
    """Made-up credentials, for a child's environment."""
    clock: SpedClock
    pid: int


@contextmanager
def running_world(scenario: str, speed: float = 1.0, *, origin: datetime | None = None) -> Iterator[World]:
    """At `origin` (aware); from then on this process, too, has only made-up credentials."""
    env: dict[str, str] = {}
    isolate(env)
    child = spawn(scenario, speed, origin=origin)
    try:
        demo = asyncio.run(ready(child))
        yield World(demo.url, env, demo.clock, child.pid)
    finally:
        stop_child(child)
