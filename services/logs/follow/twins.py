"""Matches lines that come by two ways, one of which bears no event id: each event is shown once. The follow
loop's lines have CloudWatch's event ids; Live Tail's and Logs Insights' have none. They are the same event if
stream, time and text are the same, and of several equal ones as many are shown as one of the two ways has
brought."""

from collections.abc import Iterable, Sequence

from services.models.logs import LogLine

SOON = 120_000
"""Milliseconds within which a line that the loop brought comes by the other way, too, or not at all."""
LATEST = 3 * 3_600_000  # Milliseconds within which the loop brings what the other way has brought


class TwinLines:
    """The lines that only one of the two ways has brought so far, by a hash of their content."""

    def __init__(self) -> None:
        self._ahead: dict[int, int] = {}
        """How many more the other way has brought than the loop; negative: the loop more than it."""
        self._since: dict[int, int] = {}  # When the difference arose, epoch milliseconds
        self.live = False
        """Whether the other way brings lines at present, so that the loop's must be remembered for it."""

    def __len__(self) -> int:
        return len(self._ahead)

    def from_loop(self, lines: Sequence[LogLine], now: int) -> Sequence[LogLine]:
        if not self._ahead and not self.live:
            return lines
        return [line for line in lines if self._count(line, -1, now)]

    def unnamed(self, lines: Iterable[LogLine], now: int) -> list[LogLine]:
        return [line for line in lines if self._count(line, 1, now)]

    def forget_old(self, now: int) -> None:
        old = [
            key
            for key, since in self._since.items()
            if now - since > (LATEST if self._ahead[key] > 0 else SOON)
        ]
        for key in old:
            del self._ahead[key], self._since[key]

    def _count(self, line: LogLine, step: int, now: int) -> bool:
        """Count a line by the way `step`; False if the other way has brought it."""
        key = hash((line.stream, line.at, line.text))
        ahead = self._ahead.get(key, 0)
        if ahead + step:
            self._ahead[key] = ahead + step
            self._since.setdefault(key, now)
        else:
            del self._ahead[key], self._since[key]
        return ahead * step >= 0
