"""Several follow loops at once: when a round is over, and when a group that is read once is."""

from contextlib import aclosing

from services.logs.follow.several import batches
from services.models.logs import LogLine, TailBatch, TailStats


def _batch(text, **stats):
    lines = (LogLine(text, 1, 1, "s", text),) if text else ()
    return TailBatch(lines, TailStats.model_validate({"group": "/g", **stats}))


async def _read(*loop, once):
    async def start(_group):
        for batch in loop:
            yield batch

    async with aclosing(batches(start, ["/g"], once=once)) as incoming:
        return [item async for item in incoming]


async def test_a_group_is_read_once_although_it_is_called_complete_nowhere():
    items = await _read(_batch("a"), _batch("b"), _batch("", read_to=5), _batch("c", read_to=9), once=True)
    assert [line.text for item in items for line in item.batch.lines] == ["a", "b"]


async def test_a_round_is_over_although_nothing_more_is_complete_and_a_sweep_is_no_round():
    present = _batch("", read_to=5, complete_to=1)
    sweep = _batch("late", read_to=5, complete_to=4)
    later = _batch("", read_to=9, complete_to=4)
    items = await _read(_batch("a"), present, sweep, later, once=False)
    assert [item.is_round_over for item in items] == [False, True, False, True]
