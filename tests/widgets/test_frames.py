"""Widgets that move draw at most so often, together with their neighbours, and not oftener than can be shown."""

import asyncio
import time
from itertools import pairwise

from widgets.frames import Frames


async def drawn(frames: Frames, times: list[float], count: int) -> None:
    """Ask again after each frame until there were `count`."""
    while len(times) < count:
        frames.ask()
        await asyncio.sleep(0)


async def test_neighbours_draw_in_the_same_moment_and_at_most_so_often() -> None:
    one: list[float] = []
    other: list[float] = []
    first = Frames(lambda: one.append(time.monotonic()), 50, lambda: 0.0)
    second = Frames(lambda: other.append(time.monotonic()), 50, lambda: 0.0)
    await asyncio.gather(drawn(first, one, 6), drawn(second, other, 6))
    assert all(after - before >= 0.0099 for times in (one, other) for before, after in pairwise(times))
    # From the second on they are together, however the first came about.
    assert all(min(abs(at - each) for each in other) < 0.009 for at in one[2:5])


async def test_not_oftener_than_can_be_shown() -> None:
    times: list[float] = []
    frames = Frames(lambda: times.append(time.monotonic()), 1000, lambda: 0.1)
    await drawn(frames, times, 4)
    assert all(after - before >= 0.049 for before, after in pairwise(times))


async def test_stopped_it_draws_no_more() -> None:
    times: list[float] = []
    frames = Frames(lambda: times.append(0.0), 1000, lambda: 0.0)
    frames.ask()
    frames.stop()
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(0.02, done.set)
    await done.wait()
    assert times == []
