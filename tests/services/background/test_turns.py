import asyncio

from services.background.turns import Turns

WORKERS, SLICES = 5, 20


async def test_in_each_pass_of_the_event_loop_one_slice_is_done_whoever_works():
    turns = Turns()
    passes = 0
    slices: list[tuple[int, int]] = []

    async def work(worker):
        for _slice in range(SLICES):
            await turns.next()
            slices.append((passes, worker))

    tasks = [asyncio.create_task(work(worker)) for worker in range(WORKERS)]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0)
        passes += 1
    moments = [moment for moment, _worker in slices]
    assert len(set(moments)) == len(moments) == WORKERS * SLICES
    assert [worker for _moment, worker in slices] == list(range(WORKERS)) * SLICES


async def test_a_cancelled_worker_keeps_nobody_waiting():
    turns = Turns()
    waiting = [asyncio.create_task(turns.next()) for _worker in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[1].cancel()
    await asyncio.wait_for(waiting[2], 60)
    await asyncio.wait_for(turns.next(), 60)
