"""The values of a sparkline: the worst of each piece of time, aligned so that a new value moves whole cells. Pure."""

import math
from collections.abc import Sequence


def pieces(
    times: Sequence[int], values: Sequence[float], *, end: int, cells: int, seconds: int, least: bool = False
) -> tuple[float | None, ...]:
    """The greatest (or least) value in each of `cells` pieces of `seconds`; the last one contains `end`. The
    pieces begin at whole multiples of `seconds`, whatever `end` is. A piece without a value is None."""
    last = end // seconds
    result: list[float | None] = [None] * cells
    for at, value in zip(times, values, strict=True):
        index = at // seconds - last + cells - 1
        if not 0 <= index < cells or not math.isfinite(value):
            continue
        before = result[index]
        worst = value if before is None else min(before, value) if least else max(before, value)
        result[index] = worst
    return tuple(result)


def levels(
    values: Sequence[float | None], limit: float | None, steps: int, *, headroom: float = 1.0
) -> tuple[int | None, ...]:
    """The height of each value from 0 to `steps` - 1, on a scale from zero to the greatest value or the
    limit. `headroom` multiplies the greatest value, so that a steady one does not fill the whole height."""
    finite = [value for value in values if value is not None]
    low = min([0.0, *finite])
    high = max(
        [*(value * headroom for value in finite), *([limit] if limit is not None else [])], default=0.0
    )
    size = high - low
    return tuple(
        None if value is None else 0 if size <= 0 else min(steps - 1, int((value - low) / size * steps))
        for value in values
    )
