"""Connects the readers and feeds of one system; independent of the screen and of whether AWS is real. Longer
than other files because everything is connected in one place."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from services.alarms.acknowledgements import Acknowledgements
from services.alarms.beginning import Beginning, begin
from services.alarms.values import AlarmValues
from services.aws.certificates import CertificateReader
from services.aws.client.session import AwsSettings
from services.aws.client.write_grants import WriteAuthorizer
from services.aws.cloudwatch.alarms.reader import Alarms
from services.aws.cloudwatch.dashboards.reader import Dashboards
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.iam.access_keys import AccessKeys
from services.aws.logs.events import Logs
from services.aws.logs.journal_stream import JournalStream
from services.aws.logs.metric_filter import MetricFilters
from services.aws.rds.reader import RdsReader
from services.background.boundaries import Fault
from services.background.wake import Wakes
from services.calendar.calendar import Calendar
from services.changes.base import ChangeContext
from services.changes.drills.evidence import MeasuredEvidence
from services.changes.key_rotation.duty_ticks import DutyTicks
from services.changes.wiring import engine_of, role_of
from services.clock import Clock
from services.dashboards.reader import DashboardReader
from services.duties.base_dates import BaseDates, MaintenanceDates
from services.duties.service import Duties
from services.feed import Feed
from services.github.settings import GithubSettings
from services.host.clock_watch import ClockWatch
from services.host.processes import process_data
from services.i18n import _
from services.incidents.follow_ups import follow_up_slots
from services.incidents.service import Incidents
from services.incidents.wiring import response_of
from services.inspections.allow_list import allow_list_of
from services.inspections.running.consoles import OpenConsoles
from services.inspections.running.finding_records import FindingRecords
from services.inspections.running.scheduler import InspectionScheduler
from services.inspections.wiring import inspection_runner_of
from services.journal.errors import JournalError
from services.journal.origin import person
from services.journal.place import JournalPlace
from services.journal.reader import JournalReader
from services.journal.shared.journal import SharedJournal
from services.journal.usage import UsageLog
from services.logs.export.reading import SpanReader
from services.logs.export.service import LogExports
from services.logs.filter_patterns.trial import PatternTrial
from services.logs.follow.follower import LogFollower
from services.logs.follow.limited_reader import LimitedReader
from services.logs.follow.limiter import limiter_of
from services.logs.follow.shared_tails import SharedTails
from services.logs.insights.history import history_path
from services.logs.insights.service import InsightsService
from services.models.alarms import AlarmOverview
from services.models.dashboards import DashboardView
from services.models.duties import BaseDate, ScheduledOccurrence
from services.models.identity import Identity
from services.models.intervals import Intervals
from services.models.journal import EntryKind, NewEntry, Person
from services.models.problem import Problem
from services.models.runbook import Runbook
from services.outages.watch import OutageWatch
from services.policy.session import session_policies
from services.runbook.fingerprint import fingerprint
from services.slack.outbox import Outbox
from services.slack.settings import SlackSettings, unset

T = TypeVar("T")
Read = Callable[["Services"], Awaitable[object]]  # A feed's read function; raises AwsError

WARM = ("cloudwatch", "logs", "sts")
"""Services whose API models are loaded at startup, in the order of the first reads; others are loaded on first use."""
SELDOM = 300.0
"""Seconds between two looks for news of a ledger while another system is on screen; its summary is read each minute."""
IDENTITY_SECONDS = 300.0  # Seconds between reads of the AWS identity
BASE_DATES = 3600.0  # Seconds between reads of the base dates in AWS that duties are counted from


class Services:
    """Sends no request and opens no file until a feed is read or the journal is opened.

    `journal` is its place, or a file of this host. `syslog` is the socket that also receives the journal's newest hash; None for a
    demo and for tests. `slack` and `github` are the connections to Slack and GitHub; None: not used. `acts` says who acts here,
    given the AWS identity. `begun` is the beginning of these services where the alarms are read already; otherwise `seed` spreads
    the feeds' reads.
    """

    def __init__(
        self,
        runbook: Runbook,
        settings: AwsSettings,
        clock: Clock,
        *,
        journal: Path | JournalPlace,
        syslog: Path | None = None,
        intervals: Intervals | None = None,
        read_only: bool = False,
        seed: int | None = None,
        slack: SlackSettings | None = None,
        github: GithubSettings | None = None,
        acts: Callable[[Identity | None], Person] = person,
        begun: Beginning | None = None,
    ) -> None:
        self.runbook, self.clock = runbook, clock
        self.intervals = intervals or Intervals()
        begun = begun or begin(runbook, settings, clock, intervals=self.intervals, seed=seed)
        self.meter, self.session, self.workers = begun.meter, begun.session, begun.workers
        self.aws_clock = begun.aws_clock  # The same corrected by the time that AWS's responses bear
        self.alarm_watch = begun.alarm_watch  # What the feed `alarms` reads
        self.region = settings.region or str(runbook.system.region)
        self._began = False
        self._settings, self._github, self._rng = settings, github, begun.rng
        self._slack = slack or SlackSettings(why=unset())
        self._permits = WriteAuthorizer(clock, runbook.system.account, read_only=read_only)
        self.calendar = Calendar(runbook)
        self.alarms = Alarms(self.session, runbook, clock=clock)
        self.metrics = Metrics(self.session, zone=self.calendar.zone)
        self._connect_feeds(begun.alarms)
        place = (
            journal if isinstance(journal, JournalPlace) else JournalPlace(str(runbook.system.id), journal)
        )
        stream = begun.log_stream
        self.journal = place.journal(
            clock=clock,
            meter=self.meter,
            person=lambda: acts(self._identity),
            syslog=syslog,
            stream=JournalStream(self.session, stream.group, stream.stream) if stream.group else None,
        )
        self._connect_logs(acts)
        # The queries of a demo, and of tests, stay beside their journal.
        past_queries = history_path(runbook.system.id) if syslog else place.path.with_suffix(".insights.json")
        self.insights = InsightsService(
            self.session, runbook, clock, self.meter, past_queries, region=self.region
        )
        self._connect_changes()
        self._connect_inspections()
        self.acknowledgements = Acknowledgements(self.journal)
        channel = runbook.slack.channel if runbook.slack else ""
        self.outbox = Outbox(self.journal, clock, self._slack, channel)
        self.clock_watch = ClockWatch(clock)

    @property
    def _identity(self) -> Identity | None:
        identity: Identity | None = self.feeds["identity"].state.value
        return identity

    def _connect_feeds(self, alarms: Feed[AlarmOverview]) -> None:
        metrics, clock = self.intervals.metrics, self.aws_clock
        outages = OutageWatch(self.runbook, self.metrics, CertificateReader(self.session), clock, self.region)
        self.dashboard = DashboardReader(
            Dashboards(self.session), outages, self.alarms, self.runbook, clock, interval=metrics
        )
        feed = partial(Feed, clock=self.clock, rng=self._rng, fault=self.workers.report)
        dashboard: Feed[DashboardView] = feed(
            "dashboard", lambda: self.dashboard.read(alarms.state.value), interval=metrics
        )
        self.alarm_values = AlarmValues(
            self.metrics, clock, self.region, lambda: alarms.state, lambda: dashboard.state
        )
        self.feeds: dict[str, Feed[Any]] = {
            "alarms": alarms,
            "dashboard": dashboard,
            "alarm_values": feed("alarm_values", self.alarm_values.read, interval=metrics),
            "identity": feed("identity", self.session.identity, interval=IDENTITY_SECONDS),
            "base_dates": feed("base_dates", self._read_base_dates, interval=BASE_DATES),
            "outages": feed("outages", outages.read, interval=metrics),
        }
        """The feeds by name: `alarms` (AlarmOverview), `dashboard` (DashboardView), `alarm_values` (tuple of AlarmSeries),
        `identity` (Identity), `base_dates` (tuple of BaseDate), `outages` (tuple of Outage), and those of panels under their ids."""

    def _connect_logs(self, acts: Callable[[Identity | None], Person]) -> None:
        account = self._settings.logs_account(self.runbook.system.account)
        self.logs = Logs(self.session)
        self.log_limiter = limiter_of(account, self.region, self.clock)
        """The account's limit of FilterLogEvents requests: everything that reads logs waits for its turn."""
        self.log_retries = Wakes()  # Called when logs that could not be read may be readable again
        self.follower: Callable[..., LogFollower] = partial(
            LogFollower,
            self.logs,
            clock=self.aws_clock,
            poll=self.intervals.logs,
            limiter=self.log_limiter,
            retries=self.log_retries,
            fault=self.workers.report,
        )
        """Makes a follow loop over a group, with the keyword arguments of LogFollower that it needs."""
        self.tails = SharedTails(lambda group, pattern: self.follower(group, pattern=pattern).batches())
        self.log_exports = LogExports(
            self.runbook, self.region, self.journal, self.clock, lambda: acts(self._identity).name
        )
        self.log_spans = SpanReader(self.logs, self.log_limiter, self.clock)
        self.pattern_trial = PatternTrial(MetricFilters(self.session))

    def _connect_changes(self) -> None:
        """What is read and judged in an incident, what changes AWS, and the duties, whose dates come of both."""
        runbook, session, clock = self.runbook, self.session, self.clock
        self.maintenance = MaintenanceDates(RdsReader(session), runbook, clock)
        self._base_dates = BaseDates(AccessKeys(session), self.journal, runbook, self.maintenance)
        context = ChangeContext(
            runbook,
            self.calendar,
            clock,
            self.region,
            session,
            self._github,
            lambda: self.engine.runs,
            lambda: session.skew_seconds,
        )
        role = role_of(session.write_role, session_policies(runbook, self.region), self.journal)
        self.engine = engine_of(context, self.journal, session, self._permits, role)
        self.response = response_of(
            runbook,
            self.journal,
            LimitedReader(session, self.log_limiter, "first wave", region=self.region, urgent=True),
            clock,
            self.aws_clock,
            self.region,
            lambda: self.feeds["alarms"].state.value,
            self.workers.report,
            session.is_elsewhere,
            session.warm,
        )
        self.duties = Duties(
            runbook,
            self.calendar,
            self.journal,
            clock,
            anchors=lambda: self.feeds["base_dates"].state.value or (),
            dated=self._dated,
            recorded=partial(_recorded_dates, runbook, self.calendar),
        )
        self.duty_ticks = DutyTicks(self.engine.changes, self.duties, runbook, clock)
        self.measured_evidence = MeasuredEvidence(self.engine, self.duties, runbook, self.calendar, clock)

    async def _read_base_dates(self) -> tuple[BaseDate, ...]:
        return await self._base_dates.read()

    def _dated(self) -> tuple[ScheduledOccurrence, ...]:
        return *self.engine.reverts(), *follow_up_slots(self.incidents.follow_ups, self.calendar.zone)

    def _connect_inspections(self) -> None:
        runbook, clock, book = self.runbook, self.clock, self.journal
        self.records = FindingRecords(book, allow_list_of(runbook))
        self.usage_log = UsageLog(book, self.meter)
        self.inspection_runner = inspection_runner_of(
            runbook,
            self.calendar,
            self.session,
            clock,
            self.meter,
            self.region,
            lambda: self.records.allow_list,
        )
        self.scheduler = InspectionScheduler(
            self.inspection_runner,
            self.records,
            book,
            self.calendar,
            clock,
            OpenConsoles(book, clock, longest=runbook.inspecting.jitter_seconds, rng=self._rng),
            on_batch_end=self.usage_log.record,
            is_elsewhere=self.session.is_elsewhere,
        )

    def feed(self, name: str, read: Callable[[], Awaitable[T]], *, interval: float) -> Feed[T]:
        return Feed(name, read, clock=self.clock, interval=interval, jitter=0.0, fault=self.workers.report)

    def add_feed(self, name: str, read: Read, *, interval: float) -> None:
        fault = self.workers.report
        self.feeds[name] = Feed(name, partial(read, self), clock=self.clock, interval=interval, fault=fault)

    @property
    def incidents(self) -> Incidents:
        return self.response.incidents

    @property
    def stopped(self) -> Problem | None:
        groups = (self.workers, self.journal.workers, self.engine.workers, self.outbox.workers)
        return next((group.problem for group in groups if group.problem is not None), None)

    def report_faults(self, report: Fault, repeating: Fault) -> None:
        self.inspection_runner.fault = self.response.capture.fault = report
        for part in (self.outbox, self.engine, self.journal):
            part.workers.fault = report
        # Feeds and tails report to these workers.
        self.workers.fault = repeating

    def refresh_feeds(self) -> None:
        self.alarm_watch.refresh()
        for feed in self.feeds.values():
            feed.refresh()
        self.log_retries.wake()

    def show(self, *, is_on_screen: bool) -> None:
        """Look for news of a ledger seldom while another system is on screen: each look is a request."""
        if isinstance(self.journal, SharedJournal):
            self.journal.seldom = 0.0 if is_on_screen else SELDOM

    async def warm(self) -> None:
        """Load the SDK's API models for the first reads; sends no request and raises nothing."""
        await self.session.warm(WARM)

    async def open_journal(self) -> None:
        await self.journal.open()
        self._began = True
        # In a thread, because whatever the runbook says is written out.
        written = await asyncio.to_thread(fingerprint, self.runbook)
        await self._record(EntryKind.STARTED, _("Console started"), **written)

    async def _record(self, kind: EntryKind, text: str, **more: str) -> None:
        with suppress(JournalError):
            await self.journal.append(NewEntry(kind=kind, text=text, data={**process_data(), **more}))

    async def close(self) -> None:
        """Wait for the recorded outcome of a change in progress, then end the loops and close the connections."""
        await self.engine.drain()
        await self.scheduler.close()
        await self.outbox.close()
        # A query that keeps running is charged.
        await self.insights.close()
        # A command that only reads must not create a journal or write to it.
        if self._began:
            await self.usage_log.record()
            await self._record(EntryKind.ENDED, _("Console stopped"))
        await self.tails.close()
        # Before the session, because the journal's last hash may still have to be sent to AWS.
        await self.journal.close()
        await self.session.close()


def _recorded_dates(
    runbook: Runbook, calendar: Calendar, reader: JournalReader, first: date, last: date, now: datetime
) -> tuple[ScheduledOccurrence, ...]:
    # Imported when a month is shown, because no start needs it.
    from services.report.collecting.dated_slots import recorded_dates

    return recorded_dates(runbook, calendar, reader, first, last, now)
