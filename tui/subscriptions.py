"""Imported after the first frame, because it loads the models."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from functools import partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from services.aws.client.session import MfaNeeded
from services.changes.base import follow_ups
from services.changes.key_rotation.records import KIND as KEY_ROTATION
from services.i18n import _, sentences
from services.incidents.outages import proposal_text, proposed
from services.models.alarms import AlarmOverview
from services.models.approvals import ApprovalRequest
from services.models.change_runs import Run
from services.models.dashboards import DashboardView
from services.models.duties import BaseDate, DutyView
from services.models.feeds import FeedState
from services.models.incidents import Incident
from services.models.outages import Outage
from services.models.posts import Post
from tui.console import Console
from tui.notifications import (
    approval_changes,
    approval_expiries,
    changes,
    duty_changes,
    post_changes,
    sentence,
    watch_end,
    watch_ends,
)
from tui.panel_registry import PANELS, PanelSpec
from widgets.drawing.ticker import on_screen

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

FIRST_READ = 0.5
"""Seconds (real time) that everything else waits for the first read of the alarms at the most."""
USAGE_EVERY = 900.0  # Seconds of the clock between two records of AWS usage
Followed = tuple[str, str, Callable[[], AsyncIterator[Any]], Callable[[Any], object]]
"""A worker's name, its title for people, its states, and the function that takes each state."""


class Subscriptions:
    """Follows each feed and view with one worker of the app, which assigns to one reactive."""

    def __init__(
        self, app: Console, ask_for_code: Callable[[MfaNeeded], object], *, resumes: bool = False
    ) -> None:
        """`ask_for_code` is called if AWS requires an MFA code. `resumes`: the system may have been on screen
        before; then what was read is shown, and read again when due."""
        self._resumes = resumes
        self.ended = False  # Whether another system is shown
        self._groups: list[str] = []  # The workers of the app that follow something here
        self._app = app
        self._services = app.ready
        self._ask_for_code = ask_for_code
        self._requests: tuple[ApprovalRequest, ...] = ()
        self._services.alarm_values.on_screen = self._alarms_seen
        self._alarms_read = asyncio.Event()
        self._since = self._services.clock.now()  # When this console started (UTC)

    def follow_feeds(self) -> None:
        self._follow(self._feeds())

    async def first_alarms(self) -> None:
        """Wait for the first read of the alarms, so that nothing else takes the processor before; not for long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_READ):
                await self._alarms_read.wait()

    def follow_records(self) -> None:
        self._follow(self._records())
        for name, title, work in self._work():
            self._run(name, self._services.workers.keep(name, title, work))

    def end(self) -> None:
        self.ended = True
        for group in self._groups:
            self._app.workers.cancel_group(self._app, group)

    def _run(self, name: str, work: Coroutine[Any, Any, object]) -> None:
        self._groups.append(name)
        self._app.run_worker(work, group=name, exclusive=True)

    def _work(self) -> Iterator[tuple[str, str, Callable[[], Awaitable[object]]]]:
        """What is done again and again: a worker's name, its title for people, and the work."""
        services, response = self._services, self._services.response
        yield "usage", _("recording AWS usage"), self._record_usage
        yield "incident-watch", _("opening incidents"), response.watch.keep
        yield "incident-capture", _("recording evidence"), response.capture.keep
        yield "belongings", _("reading what belongs to the system"), response.first_waves.belongings.keep
        yield "recovery", _("judging recovery"), response.recovery.keep
        yield "duty-ticks", _("proving the duties' lines"), services.duty_ticks.keep
        yield "evidence", _("filling in what changes have measured"), services.measured_evidence.keep

    def _follow(self, followed: Iterator[Followed]) -> None:
        for name, title, states, take in followed:
            following = self._services.workers.follow(name, title, states, take)
            self._run(name, following)

    def _feeds(self) -> Iterator[Followed]:
        to = partial(partial, setattr, self._app)
        yield "feed-alarms", _("showing the alarms"), self._states("alarms"), self._show_alarms
        yield "feed-dashboard", _("showing the dashboard"), self._states("dashboard"), self._show_view
        title = _("reading the alarms' values")
        yield "feed-alarm-values", title, self._states("alarm_values"), to("alarm_series")
        yield "feed-identity", _("reading the account"), self._states("identity"), to("identity")
        title = _("looking for outages without an alarm")
        yield "feed-outages", title, self._states("outages"), self._show_outages
        yield "feed-base-dates", _("reading access keys"), self._states("base_dates"), self._show_base_dates
        for panel in PANELS:
            if (reads := resolve_name(panel.panel).reads) is not None:
                if panel.id not in self._services.feeds:
                    self._services.add_feed(panel.id, reads, interval=self._seconds(panel))
                title = _("showing the panel “{title}”", title=_(panel.title))
                yield f"feed-{panel.id}", title, self._states(panel.id), partial(self._show_panel, panel.id)

    def _states(self, name: str) -> Callable[[], AsyncIterator[FeedState[Any]]]:
        return partial(self._services.feeds[name].states, resumes=self._resumes)

    def _seconds(self, panel: PanelSpec) -> float:
        assert panel.interval is not None, f"the panel {panel.id} reads, so its line gives an interval"
        seconds: float = getattr(self._app.config.intervals, panel.interval.key)
        return seconds

    def _show_panel(self, id: str, state: FeedState[Any]) -> None:
        self._app.panel_states = {**self._app.panel_states, id: state}

    def _records(self) -> Iterator[Followed]:
        services, to = self._services, partial(partial, setattr, self._app)
        yield "journal", _("reading the journal"), services.journal.follow, to("journal_head")
        yield "findings", _("updating the findings"), services.scheduler.states, to("findings")
        yield "duties", _("updating the duties"), services.duties.states, self._show_duties
        yield "runs", _("updating the changes"), services.engine.states, self._show_runs
        acknowledgements = services.acknowledgements.states
        yield "incidents", _("updating the incidents"), services.incidents.states, self._show_incidents
        yield "acknowledgements", _("updating the acknowledgements"), acknowledgements, to("acknowledged")
        yield "posts", _("updating the Slack messages"), services.outbox.states, self._show_posts

    def _show_view(self, state: FeedState[DashboardView]) -> None:
        self._app.view = state
        self._read_alarm_values()

    def _alarms_seen(self) -> frozenset[str]:
        if self._app.presence.pause():
            return frozenset()
        lookups = (getattr(screen, "alarms_seen", None) for screen in on_screen(self._app))
        return frozenset().union(*(alarms_seen() for alarms_seen in lookups if alarms_seen is not None))

    def _read_alarm_values(self) -> None:
        if self._services.alarm_values.is_due():
            self._services.feeds["alarm_values"].refresh()

    def _show_alarms(self, state: FeedState[AlarmOverview]) -> None:
        before, self._app.alarms = self._app.alarms, state
        if state.value is not None or state.problem is not None:
            self._alarms_read.set()
        self._read_alarm_values()
        if before is not None and before.problem is not None and state.problem is None:
            self._services.scheduler.recovered()
        self._services.response.watch.observe(state)
        self._ring_for_alarms(before, state)
        error = self._services.feeds["alarms"].error
        if isinstance(error, MfaNeeded):
            self._ask_for_code(error)

    def _show_outages(self, state: FeedState[tuple[Outage, ...]]) -> None:
        """Propose what the newest reading shows; ring once for what is new."""
        before = {outage.kind for outage in self._app.outages}
        self._services.response.watch.observe_outages(state)
        self._app.outages = proposed(state.value or (), self._app.incidents)
        new = (outage for outage in self._app.outages if outage.kind not in before)
        self._ring(sentences(*(proposal_text(outage, self._app.zone) for outage in new)))

    def _show_base_dates(self, state: FeedState[tuple[BaseDate, ...]]) -> None:
        self._app.base_dates = state
        self._services.duties.refresh()
        self._services.duty_ticks.wake()

    def _show_duties(self, view: DutyView) -> None:
        before, self._app.duties = self._app.duties, view
        self._services.scheduler.schedule(view)
        self._ring(duty_changes(before, view))

    def _show_runs(self, runs: tuple[Run, ...]) -> None:
        before, self._app.runs = self._app.runs, runs
        requests, self._requests = self._requests, self._services.engine.requests
        if requests != self._requests:
            self._app.mutate_reactive(Console.runs)
        self._services.duties.refresh()
        self._services.measured_evidence.wake()
        if _rotations(runs) != _rotations(before):
            # A key was created, deactivated or deleted, or is proven: the duties are dated by it.
            self._services.feeds["base_dates"].refresh()
        for run in watch_ends(before, runs):
            self._tell_end(run)
        self._tell_approvals(requests)

    def _show_incidents(self, incidents: tuple[Incident, ...]) -> None:
        self._app.incidents = incidents
        self._app.hand_over = self._services.incidents.day_offer
        self._app.outages = proposed(self._services.feeds["outages"].state.value or (), incidents)
        self._services.response.recovery.wake()
        # A follow-up is a dated duty.
        self._services.duties.refresh()

    def _tell_approvals(self, before: tuple[ApprovalRequest, ...]) -> None:
        user, current = self._services.journal.person.user, self._services.engine.authority.approvals.request
        news = approval_changes(before, self._requests, user, self._since)
        for text in (*news, *approval_expiries(before, user, current)):
            self._app.inform(text)
            self._ring(text)

    def _tell_end(self, run: Run) -> None:
        text, is_as_meant = watch_end(run)
        offers = follow_ups(self._services.engine.changes, run.plan) if run.has_ended_well else ()
        # What to do next comes first, because a narrow line cuts the end.
        hint = [_("4, then F2: {why}", why=offers[0].why)] if offers else []
        shows = [run.progress.text] if run.progress is not None else []
        severity: SeverityLevel = "information" if is_as_meant else "error"
        self._app.inform(sentences(text, *hint, *shows), severity=severity)
        self._ring(sentences(text, *shows))

    def _show_posts(self, posts: tuple[Post, ...]) -> None:
        before, self._app.posts = self._app.posts, posts
        for text in post_changes(before, posts):
            self._app.inform(text)

    def _ring_for_alarms(
        self, before: FeedState[AlarmOverview] | None, after: FeedState[AlarmOverview]
    ) -> None:
        """Ring once for the changes since the last read; the first read is not a change."""
        old = before.value if before else None
        if old is not None and after.value is not None and after.value is not old:
            self._ring(sentence(changes(old, after.value)))

    def _ring(self, text: str) -> None:
        if text and self._app.config.bell:
            self._app.ring(text)

    async def _record_usage(self) -> None:
        """Record usage at intervals, so that a killed console loses only the last minutes."""
        while True:
            await self._services.clock.sleep(USAGE_EVERY)
            await self._services.usage_log.record()


def _rotations(runs: tuple[Run, ...]) -> list[Run]:
    return [run for run in runs if run.plan.kind == KEY_ROTATION]
