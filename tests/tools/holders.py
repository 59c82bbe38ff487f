"""Who keeps an object alive: the ways back from it to what is never freed by itself."""

import asyncio
import gc
from collections import deque
from collections.abc import Iterator
from contextvars import Context
from types import FrameType, ModuleType
from typing import Any

from textual.app import App

WAYS = 8
_FAR = 14  # Steps at most
_ENDS = (asyncio.Handle, App, type, ModuleType)


def holders(thing: object) -> list[str]:
    """Up to WAYS ways from what is held to a task, a timer, the app or a class, shortest first. Without any,
    the ways to objects that nothing is seen to refer to: the machine's own, or only each other's."""
    ways: list[str] = []
    dead_ends: list[str] = []
    steps: deque[tuple[Any, str]] = deque([(thing, type(thing).__name__)])
    met: dict[int, object] = {id(each): each for each in (thing, ways, dead_ends, steps)}
    met[id(met)] = met
    while steps and len(ways) < WAYS:
        target, way = steps.popleft()
        if _lives(target) and target is not thing:
            ways.append(way)
        elif way.count("<-") < _FAR:
            before = len(steps)
            steps.extend((each, f"{way} <- {_words(each)}") for each in _of(target, met))
            if len(steps) == before:
                dead_ends.append(way)
    return ways or sorted(dead_ends, key=lambda way: "Context" not in way)[:WAYS]


def _lives(thing: object) -> bool:
    return isinstance(thing, _ENDS) or (isinstance(thing, asyncio.Future) and not thing.done())


def _of(target: object, met: dict[int, object]) -> Iterator[object]:
    referrers = gc.get_referrers(target)
    met[id(referrers)] = referrers
    for referrer in referrers:
        # The search itself holds what it has come by.
        own = (
            isinstance(referrer, tuple)
            and len(referrer) == 2
            and referrer[0] is target
            and isinstance(referrer[1], str)
        )
        if id(referrer) not in met and not own and not isinstance(referrer, FrameType):
            met[id(referrer)] = referrer
            yield referrer


def _words(thing: object) -> str:
    if isinstance(thing, Context | dict | list | tuple):
        return type(thing).__name__
    try:
        return f"{type(thing).__name__} {thing!r}"[:160].replace("\n", " ")
    except Exception as error:  # noqa: BLE001  whatever it is, it is only to be named
        return repr(error)
