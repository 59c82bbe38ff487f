"""The watch without a screen. Imported late, because it loads all of `services`."""

import asyncio
import os
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import Any

from services.aws.client.errors import AwsError
from services.i18n import _
from services.incidents.announcements import Announcements
from services.logs.masking.of_runbook import masker_of
from services.models.alarms import AlarmOverview
from services.models.date_text import day_text
from services.models.feeds import FeedState
from services.models.gone import take_notices
from services.models.outages import Outage
from services.models.text import clean
from services.system import Services
from tui.cli.click_i18n import Prints
from tui.cli.printing import CannotPrint
from tui.exit_status import ended_by
from tui.runtime import last_resort
from tui.signals import on_loop
from tui.start_options import StartOptions
from tui.startup.connection import connected
from widgets.drawing.format import clock

USAGE_EVERY = 600.0  # Seconds between two records of what the requests cost


async def watch(output: Prints, options: StartOptions) -> int:
    """Watch until a signal arrives. Raises StartError if the system cannot be connected."""
    stop_signal: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def stop(number: int) -> None:
        if not stop_signal.done():
            stop_signal.set_result(number)

    with on_loop.handled(stop, lambda number: os._exit(ended_by(number))):
        async with connected(options) as services:
            with suppress(AwsError):
                await services.session.prove()
            if services.session.proof is not None:
                # Once begun, it says so and waits for the right credentials: nobody would start it again at night.
                services.session.proof.on_refusal = None
            console = HeadlessWatch(services, output)
            tasks = [asyncio.create_task(work) for work in await console.begin()]
            try:
                return ended_by(await stop_signal)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                console.say([_("The watch ends.")])


class HeadlessWatch:
    def __init__(self, services: Services, output: Prints) -> None:
        self._services = services
        self._output = output
        self._announcements = Announcements(services.incidents, services.runbook)
        self._zone = services.calendar.zone

    async def begin(self) -> list[Coroutine[Any, Any, None]]:
        services = self._services
        services.report_faults(self._report, self._report)
        await services.open_journal()
        system = services.runbook.system
        text = _("Watching {title} ({region}); journal: {path}. AWS is never changed.")
        self.say(
            [
                text.format(title=system.title, region=services.region, path=clean(services.journal.path)),
                *take_notices(),
                *self._announcements.of_journal(services.journal.health),
            ]
        )
        workers, feeds = services.workers, services.feeds
        watch, capture = services.response.watch, services.response.capture
        return [
            workers.follow("feed-alarms", _("reading the alarms"), feeds["alarms"].states, self._alarms),
            workers.follow(
                "feed-outages",
                _("looking for outages without an alarm"),
                feeds["outages"].states,
                self._outages,
            ),
            workers.follow("feed-identity", _("reading the account"), feeds["identity"].states, _ignore),
            workers.follow("journal", _("reading the journal"), services.journal.follow, self._journal),
            workers.keep("incident-watch", _("opening incidents"), watch.keep),
            workers.keep("incident-capture", _("recording evidence"), capture.keep),
            workers.keep(
                "belongings",
                _("reading what belongs to the system"),
                services.response.first_waves.belongings.keep,
            ),
            workers.keep("recovery", _("judging recovery"), services.response.recovery.keep),
            workers.keep("incidents", _("updating the incidents"), self._follow_incidents),
            workers.keep("usage", _("recording AWS usage"), self._record_usage),
        ]

    def say(self, lines: Iterable[str]) -> None:
        now, masker = self._services.clock.now(), masker_of(self._services.runbook)
        with suppress(CannotPrint):
            if stamped := [f"{_stamp(now, self._zone)}  {masker.without_secrets(line)}" for line in lines]:
                self._output.print_lines(stamped)

    def _report(self, error: BaseException) -> None:
        self.say([last_resort.line(error, self._services.session.secrets())])

    def _alarms(self, state: FeedState[AlarmOverview]) -> None:
        self._services.response.watch.observe(state)
        self.say(self._announcements.of_alarms(state))

    def _outages(self, state: FeedState[tuple[Outage, ...]]) -> None:
        self._services.response.watch.observe_outages(state)
        self.say(self._announcements.of_outages(state.value or (), self._zone))

    def _journal(self, _newest: int) -> None:
        self.say(self._announcements.of_journal(self._services.journal.health))

    async def _follow_incidents(self) -> None:
        async for incidents in self._services.incidents.states():
            self._services.response.recovery.wake()
            self.say(await self._announcements.of_incidents(incidents))

    async def _record_usage(self) -> None:
        while True:
            await self._services.clock.sleep(USAGE_EVERY)
            await self._services.usage_log.record()


def _stamp(now: datetime, zone: tzinfo) -> str:
    return f"{day_text(now.astimezone(zone).date())} {clock(now, zone)}"


def _ignore(_state: object) -> None:
    """The identity is read for the entries in the journal alone."""
