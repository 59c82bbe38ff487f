from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby

from services.models.sparklines import levels, pieces
from widgets.drawing.lines import Span

_STEPS = "▁▂▃▄▅▆▇█"
_HEADROOM = 1.6  # For what is used up: a full stock is no alarming block
CELLS = 12
SECONDS = 300  # Seconds per cell: together one hour

_pieces = lru_cache(256)(pieces)


def spark_spans(
    times: Sequence[int],
    values: Sequence[float],
    *,
    end: int,
    limit: float | None,
    least: bool,
    breaches: Callable[[float], bool],
    role: str,
) -> list[Span]:
    """The last hour in `CELLS` cells on a scale from zero; a piece of time without a value is blank. `least`:
    the smallest value of each piece is drawn, because less is worse."""
    worst = _pieces(tuple(times), tuple(values), end=end, cells=CELLS, seconds=SECONDS, least=least)
    heights = levels(worst, limit, len(_STEPS), headroom=_HEADROOM if least else 1.0)
    cells = [
        (" ", "") if value is None or level is None else (_STEPS[level], "bad" if breaches(value) else role)
        for value, level in zip(worst, heights, strict=True)
    ]
    return [("".join(text for text, _role in run), key) for key, run in groupby(cells, lambda cell: cell[1])]
