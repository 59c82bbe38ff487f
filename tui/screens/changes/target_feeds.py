"""The feeds of the change mode: each target's present state, and its last hour."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from services.feed import Feed
from services.models.changes import LiveState
from services.models.feeds import FeedState
from services.models.metrics import TargetLoad, last_hour
from services.system import Services
from widgets.changes.list import Offer

READ_SECONDS = 30.0
"""Seconds between reads of the target under the cursor."""


class TargetFeeds:
    """Two feeds for each offer, made when it is first shown."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._states: dict[str, Feed[LiveState]] = {}
        self._loads: dict[str, Feed[TargetLoad]] = {}

    def state(self, offer: Offer) -> Feed[LiveState]:
        change = self._services.engine.changes[offer.kind]
        return self._states.setdefault(
            offer.key,
            self._services.feed("live", lambda: change.read_target(offer.target), interval=READ_SECONDS),
        )

    def load(self, offer: Offer) -> Feed[TargetLoad]:
        """The target's last hour, as often as the dashboard."""
        services = self._services
        queries = services.engine.changes[offer.kind].load_queries(offer.target)

        async def read() -> TargetLoad:
            span = last_hour(services.clock.now())
            series = await services.metrics.fetch(queries, span)
            return TargetLoad(queries=queries, series=series, span=span)

        interval = services.feeds["dashboard"].interval
        return self._loads.setdefault(offer.key, services.feed("load", read, interval=interval))

    async def loads(
        self, offer: Offer, pause: Callable[[], str]
    ) -> AsyncIterator[tuple[FeedState[TargetLoad], str]]:
        """The states of the target's last hour, and why it is not read: what `pause` says, "" while it is."""
        feed = self.load(offer)
        while True:
            while why := pause():
                yield feed.state, why
                await self._services.clock.sleep(feed.interval)
            async with aclosing(feed.states()) as states:
                async for state in states:
                    yield state, ""
                    if pause():
                        break

    def refresh_state(self, key: str) -> None:
        """Read the state of the offer with this key now, if it was shown."""
        if key in self._states:
            self._states[key].refresh()

    def refresh_load(self, key: str) -> None:
        """Read the last hour of the offer with this key now, if it was shown."""
        if key in self._loads:
            self._loads[key].refresh()
