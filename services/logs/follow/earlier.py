from collections.abc import AsyncGenerator
from dataclasses import dataclass

from services.logs.follow.source import LimitedSource
from services.models.logs import LogLine

ENOUGH = 400  # Lines after which reading back stops until the reader asks for more
MOST_PAGES = 20  # Pages of one request of the reader at most
WIDENED = 8  # How many times longer each next part is while too few lines come
FURTHEST = 10 * 365 * 86_400_000  # Milliseconds before the present that are read at most: no log is older


@dataclass(frozen=True, slots=True)
class EarlierLines:
    lines: tuple[LogLine, ...]
    back_to: int  # Epoch ms; how far back is being read
    done: bool = False  # Whether everything from `back_to` on has been read
    at_beginning: bool = False  # Whether the log has no older lines


async def read_earlier(
    source: LimitedSource, group: str, pattern: str, before: int, now: int, density: float
) -> AsyncGenerator[EarlierLines, None]:
    """Yield the lines before `before` (epoch milliseconds), page by page, until there are ENOUGH. `density`
    is the expected number of lines a millisecond. The parts go back in time, each of them is read whole, so
    nothing is missing between what was read and what is held. Raises AwsError."""
    span = max(1_000, min(3_600_000, round(ENOUGH / density) if density > 0 else 60_000))
    first, end = now - FURTHEST, before - 1
    count = pages = 0
    while True:
        start = max(first, end - span)
        token: str | None = None
        while True:
            lines, following = await source.page(group, start, end, pattern, token)
            pages += 1
            count += len(lines)
            last = not following or following == token
            over = start <= first
            yield EarlierLines(lines, start, done=last, at_beginning=last and over)
            if last:
                break
            token = following
        if over or count >= ENOUGH or pages >= MOST_PAGES:
            return
        end, span = start - 1, span * WIDENED
