"""Keeps the requests of one reader within a number a second."""

from collections import deque

from services.clock import Clock

WINDOW = 1.0
"""Seconds."""


class RequestPace:
    """At most `requests` requests in any WINDOW of the clock's time, whoever waits for a turn."""

    def __init__(self, clock: Clock, requests: int) -> None:
        self._clock = clock
        self._sent: deque[float] = deque(maxlen=requests)

    async def turn(self) -> None:
        """Wait until one more request may be sent."""
        while self._sent and len(self._sent) == self._sent.maxlen:
            pause = self._sent[0] + WINDOW - self._clock.elapsed()
            if pause <= 0:
                break
            await self._clock.sleep(pause)
        self._sent.append(self._clock.elapsed())
