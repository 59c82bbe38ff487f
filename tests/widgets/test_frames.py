"""Widgets that move draw at most so often, together with their neighbours, and not oftener than can be shown."""

import asyncio
import time

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
    slots = [[int(at * 50) for at in times] for times in (one, other)]
    assert all(len(set(each)) == len(each) for each in slots), "one frame in a fiftieth of a second"


async def test_the_first_frame_waits_for_nothing_and_the_next_for_what_can_be_shown() -> None:
    times: list[float] = []
    frames = Frames(lambda: times.append(time.monotonic()), 1000, lambda: 0.1)
    began = time.monotonic()
    await drawn(frames, times, 3)
    assert times[2] - times[1] >= 0.099
    assert times[0] - began < times[2] - times[0] + 0.1


async def test_stopped_it_draws_no_more() -> None:
    times: list[float] = []
    frames = Frames(lambda: times.append(0.0), 1000, lambda: 0.0)
    frames.ask()
    frames.stop()
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(0.02, done.set)
    await done.wait()
    assert times == []
