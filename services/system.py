"""Connects the readers and feeds of one system; independent of the screen and of whether AWS is real.

Longer than other files because everything is connected in one place.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from services.alarms.acknowledgements import Acknowledgements
from services.alarms.beginning import Beginning, begin
from services.alarms.values import AlarmValues
from services.aws.certificates import CertificateReader
from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession, AwsSettings
from services.aws.client.write_grants import WriteAuthorizer
from services.aws.cloudwatch.alarms.reader import Alarms
from services.aws.cloudwatch.alarms.watch import AlarmWatch
from services.aws.cloudwatch.dashboards.reader import Dashboards
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.iam.access_keys import AccessKeys
from services.aws.logs.events import Logs
from services.aws.logs.journal_stream import JournalStream
from services.aws.logs.metric_filter import MetricFilters
from services.aws.rds.reader import RdsReader
from services.background.faults import Fault, Workers
from services.background.wake import Wakes
from services.calendar.calendar import Calendar
from services.changes.base import ChangeContext
from services.changes.drills.evidence import MeasuredEvidence
from services.changes.engine import ChangeEngine
from services.changes.key_rotation.duty_ticks import DutyTicks
from services.changes.wiring import engine_of, role_of
from services.clock import AwsClock, Clock
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
from services.incidents.wiring import Response, response_of
from services.inspections.allow_list import allow_list_of
from services.inspections.running.consoles import OpenConsoles
from services.inspections.running.finding_records import FindingRecords
from services.inspections.running.runner import InspectionRunner
from services.inspections.running.scheduler import InspectionScheduler
from services.inspections.wiring import inspection_runner_of
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.journal.origin import person
from services.journal.place import JournalPlace
from services.journal.reader import JournalReader
from services.journal.shared.journal import SharedJournal
from services.journal.usage import UsageLog
from services.logs.export.reading import SpanReader
from services.logs.export.service import LogExports
from services.logs.filter_patterns.trial import PatternTrial
from services.logs.follow.follower import LogFollower, TailBatch
from services.logs.follow.limited_reader import LimitedReader
from services.logs.follow.limiter import LogLimiter, limiter_of
from services.logs.follow.shared_tails import SharedTails
from services.logs.insights.history import history_path
from services.logs.insights.service import InsightsService
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
Read = Callable[["Services"], Awaitable[object]]
"""A feed's read function; raises AwsError."""

WARM = ("cloudwatch", "logs", "sts")
"""Services whose API models are loaded at startup, in the order of the first reads; others are loaded on first use."""
SELDOM = 300.0
"""Seconds between two looks for news of a ledger while another system is on screen; its summary is read each minute."""
IDENTITY_SECONDS = 300.0
"""Seconds between reads of the AWS identity."""
BASE_DATES = 3600.0
"""Seconds between reads of the base dates in AWS that duties are counted from."""


@dataclass
class Services:
    runbook: Runbook
    clock: Clock
    aws_clock: AwsClock
    """The same corrected by the time that AWS's responses bear."""
    meter: UsageMeter
    session: AwsSession
    alarms: Alarms
    alarm_watch: AlarmWatch
    """What the feed `alarms` reads."""
    alarm_values: AlarmValues
    metrics: Metrics
    logs: Logs
    log_limiter: LogLimiter
    """The account's limit of FilterLogEvents requests: everything that reads logs waits for its turn."""
    log_retries: Wakes
    """Called when logs that could not be read may be readable again."""
    insights: InsightsService
    dashboard: DashboardReader
    tails: SharedTails
    pattern_trial: PatternTrial
    log_exports: LogExports
    log_spans: SpanReader
    follower: Callable[..., LogFollower]
    """Makes a follow loop over a group, with the keyword arguments of LogFollower that it needs."""
    feeds: dict[str, Feed[Any]]
    """The feeds by name: `alarms` (AlarmOverview), `dashboard` (DashboardView), `alarm_values` (tuple of AlarmSeries),
    `identity` (Identity), `base_dates` (tuple of BaseDate), `outages` (tuple of Outage), and those of panels under their ids."""
    journal: Journal
    calendar: Calendar
    duties: Duties
    engine: ChangeEngine
    acknowledgements: Acknowledgements
    response: Response
    inspection_runner: InspectionRunner
    records: FindingRecords
    scheduler: InspectionScheduler
    usage_log: UsageLog
    maintenance: MaintenanceDates
    duty_ticks: DutyTicks
    measured_evidence: MeasuredEvidence
    outbox: Outbox
    clock_watch: ClockWatch
    workers: Workers
    """The console's own repeating work."""
    _began: bool = False

    def feed(self, name: str, read: Callable[[], Awaitable[T]], *, interval: float) -> Feed[T]:
        return Feed(name, read, clock=self.clock, interval=interval, jitter=0.0, fault=self.workers.report)

    def add_feed(self, name: str, read: Read, *, interval: float) -> None:
        fault = self.workers.report
        self.feeds[name] = Feed(name, partial(read, self), clock=self.clock, interval=interval, fault=fault)

    @property
    def incidents(self) -> Incidents:
        return self.response.incidents

    @property
    def region(self) -> str:
        return self.session.settings.region or str(self.runbook.system.region)

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


def connect(
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
) -> Services:
    """Connect the services of the runbook's system; sends no request and opens no file yet.

    `journal` is its place, or a file of this host. `syslog` is the socket that also receives the journal's newest hash; None for a demo and for tests. `slack` and
    `github` are the connections to Slack and GitHub; None: not used. `acts` says who acts here, given the AWS identity. `begun` is the
    beginning of these services where the alarms are read already; otherwise `seed` spreads the feeds' reads.
    """
    intervals = intervals or Intervals()
    calendar = Calendar(runbook)
    begun = begun or begin(runbook, settings, clock, intervals=intervals, seed=seed)
    meter, session, alarms_feed, aws_clock = begun.meter, begun.session, begun.alarms, begun.aws_clock
    permits = WriteAuthorizer(clock, runbook.system.account, read_only=read_only)
    log_stream = begun.log_stream
    alarms = Alarms(session, runbook, clock=clock)
    metrics = Metrics(session, zone=calendar.zone)
    logs = Logs(session)
    region = settings.region or runbook.system.region
    outages = OutageWatch(runbook, metrics, CertificateReader(session), aws_clock, str(region))
    dashboard = DashboardReader(
        Dashboards(session), outages, alarms, runbook, aws_clock, interval=intervals.metrics
    )
    rng, workers = begun.rng, begun.workers
    feed = partial(Feed, clock=clock, rng=rng, fault=workers.report)

    async def view() -> DashboardView:
        return await dashboard.read(alarms_feed.state.value)

    dashboard_feed: Feed[DashboardView] = feed("dashboard", view, interval=intervals.metrics)
    alarm_values = AlarmValues(
        metrics, aws_clock, region, lambda: alarms_feed.state, lambda: dashboard_feed.state
    )

    log_limiter = limiter_of(settings.logs_account(runbook.system.account), str(region), clock)
    log_retries = Wakes()
    follower = partial(
        LogFollower,
        logs,
        clock=aws_clock,
        poll=intervals.logs,
        limiter=log_limiter,
        retries=log_retries,
        fault=workers.report,
    )

    def follow(group: str, pattern: str) -> AsyncIterator[TailBatch]:
        return follower(group, pattern=pattern).batches()

    limited = partial(LimitedReader, session, log_limiter, region=str(region))

    identity_feed: Feed[Identity] = feed("identity", session.identity, interval=IDENTITY_SECONDS)
    place = journal if isinstance(journal, JournalPlace) else JournalPlace(str(runbook.system.id), journal)
    book = place.journal(
        clock=clock,
        meter=meter,
        person=lambda: acts(identity_feed.state.value),
        syslog=syslog,
        stream=JournalStream(session, log_stream.group, log_stream.stream) if log_stream.group else None,
    )
    maintenance = MaintenanceDates(RdsReader(session), runbook, clock)
    anchors = BaseDates(AccessKeys(session), book, runbook, maintenance)
    base_dates_feed: Feed[tuple[BaseDate, ...]] = feed("base_dates", anchors.read, interval=BASE_DATES)
    context = ChangeContext(
        runbook, calendar, clock, region, session, github, lambda: engine.runs, lambda: session.skew_seconds
    )
    role = role_of(session.write_role, session_policies(runbook, region), book)
    engine = engine_of(context, book, session, permits, role)
    response = response_of(
        runbook,
        book,
        limited("first wave", urgent=True),
        clock,
        aws_clock,
        str(region),
        lambda: alarms_feed.state.value,
        workers.report,
        session.is_elsewhere,
        session.warm,
    )

    duties = Duties(
        runbook,
        calendar,
        book,
        clock,
        anchors=lambda: base_dates_feed.state.value or (),
        dated=lambda: (*engine.reverts(), *follow_up_slots(response.incidents.follow_ups, calendar.zone)),
        recorded=partial(_recorded_dates, runbook, calendar),
    )
    records = FindingRecords(book, allow_list_of(runbook))
    usage_log = UsageLog(book, meter)
    # The queries of a demo, and of tests, stay beside their journal.
    past_queries = history_path(runbook.system.id) if syslog else place.path.with_suffix(".insights.json")
    insights = InsightsService(session, runbook, clock, meter, past_queries, region=str(region))
    inspection_runner = inspection_runner_of(
        runbook, calendar, session, clock, meter, str(region), lambda: records.allow_list
    )

    return Services(
        runbook=runbook,
        clock=clock,
        aws_clock=aws_clock,
        meter=meter,
        session=session,
        alarms=alarms,
        alarm_watch=begun.alarm_watch,
        alarm_values=alarm_values,
        metrics=metrics,
        logs=logs,
        log_limiter=log_limiter,
        insights=insights,
        dashboard=dashboard,
        tails=SharedTails(follow),
        log_retries=log_retries,
        log_exports=LogExports(
            runbook, str(region), book, clock, lambda: acts(identity_feed.state.value).name
        ),
        log_spans=SpanReader(logs, log_limiter, clock),
        pattern_trial=PatternTrial(MetricFilters(session)),
        follower=follower,
        feeds={
            "alarms": alarms_feed,
            "dashboard": dashboard_feed,
            "alarm_values": feed("alarm_values", alarm_values.read, interval=intervals.metrics),
            "identity": identity_feed,
            "base_dates": base_dates_feed,
            "outages": feed("outages", outages.read, interval=intervals.metrics),
        },
        journal=book,
        calendar=calendar,
        duties=duties,
        engine=engine,
        acknowledgements=Acknowledgements(book),
        response=response,
        inspection_runner=inspection_runner,
        records=records,
        scheduler=InspectionScheduler(
            inspection_runner,
            records,
            book,
            calendar,
            clock,
            OpenConsoles(book, clock, longest=runbook.inspecting.jitter_seconds, rng=rng),
            on_batch_end=usage_log.record,
            is_elsewhere=session.is_elsewhere,
        ),
        usage_log=usage_log,
        maintenance=maintenance,
        duty_ticks=DutyTicks(engine.changes, duties, runbook, clock),
        measured_evidence=MeasuredEvidence(engine, duties, runbook, calendar, clock),
        outbox=Outbox(
            book, clock, slack or SlackSettings(why=unset()), runbook.slack.channel if runbook.slack else ""
        ),
        clock_watch=ClockWatch(clock),
        workers=workers,
    )


def _recorded_dates(
    runbook: Runbook, calendar: Calendar, reader: JournalReader, first: date, last: date, now: datetime
) -> tuple[ScheduledOccurrence, ...]:
    # Imported when a month is shown, because no start needs it.
    from services.report.collecting.dated_slots import recorded_dates

    return recorded_dates(runbook, calendar, reader, first, last, now)
