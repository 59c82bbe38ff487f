from collections import deque

from services.clock import Clock

WINDOW = 1.0  # Seconds, if nothing else is said


class RequestPace:
    """At most `requests` requests in any `window` (seconds of the clock's time), whoever waits for a turn."""

    def __init__(self, clock: Clock, requests: int, window: float | None = None) -> None:
        self._clock = clock
        self._window = WINDOW if window is None else window
        self._sent: deque[float] = deque(maxlen=requests)

    async def turn(self) -> None:
        while self._sent and len(self._sent) == self._sent.maxlen:
            pause = self._sent[0] + self._window - self._clock.elapsed()
            if pause <= 0:
                break
            await self._clock.sleep(pause)
        self._sent.append(self._clock.elapsed())
