"""What the calls of one server cost: a client that asks again and again must not run up a bill that nobody agreed to."""

import time
from collections import deque
from collections.abc import Callable

from services.i18n import _
from services.models.amounts import yen_words
from tui.cli.opened_journal import CommandStopped
from tui.exit_status import ExitStatus

MOST_YEN = 1000.0
"""In the period; a run of all inspections costs a few yen, and each query may cost what the runbook allows."""
PERIOD = 24 * 3600.0


class Spending:
    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._charges: deque[tuple[float, float]] = deque()

    def add(self, yen: float) -> None:
        if yen > 0:
            self._charges.append((self._now(), yen))

    def spent(self) -> float:
        """The charges of the period, in yen."""
        while self._charges and self._charges[0][0] <= self._now() - PERIOD:
            self._charges.popleft()
        return sum(yen for _time, yen in self._charges)

    def check(self) -> None:
        """Raise CommandStopped if so much was spent that nothing more is read from AWS for now."""
        spent = self.spent()
        if spent >= MOST_YEN:
            text = _(
                "The calls of the last 24 hours cost {spent}, and AWS is not asked above {most}. Wait, use the command line, or "
                "have a person start the server anew."
            )
            words = text.format(spent=yen_words(spent), most=yen_words(MOST_YEN))
            raise CommandStopped([words], ExitStatus.UNAVAILABLE)
