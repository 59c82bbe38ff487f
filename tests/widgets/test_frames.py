"""Widgets that move draw at most so often, together with their neighbours, and not oftener than can be shown."""

import asyncio
from itertools import count, pairwise

from widgets.frames import Frames


async def drawn(frames: Frames, times: list[float], count: int) -> None:
    """Ask again after each frame until there were `count`."""
    while len(times) < count:
        frames.ask()
        await asyncio.sleep(0)


async def test_at_most_so_often() -> None:
    times: list[float] = []
    frames = Frames(lambda: times.append(frames.drawn_at), 50, lambda: 0.0)
    await drawn(frames, times, 6)
    assert all(after - before >= 0.0099 for before, after in pairwise(times))


async def test_neighbours_draw_in_the_same_moment() -> None:
    turns = count()
    one: list[float] = []
    other: list[float] = []
    first = Frames(lambda: one.append(next(turns)), 50, lambda: 0.0)
    second = Frames(lambda: other.append(next(turns)), 50, lambda: 0.0)
    # The loop's turns are counted while it waits: thousands, unless both draw in one, or in one and the next.
    ours = asyncio.gather(drawn(first, one, 6), drawn(second, other, 6))
    while not ours.done():
        next(turns)
        await asyncio.sleep(0)
    # From the second on they are together, however the first came about.
    assert all(min(abs(at - each) for each in other) <= 4 for at in one[2:5])


async def test_not_oftener_than_can_be_shown() -> None:
    times: list[float] = []
    frames = Frames(lambda: times.append(frames.drawn_at), 1000, lambda: 0.1)
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
