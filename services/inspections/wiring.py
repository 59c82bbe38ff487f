"""Connects what a command without a screen needs to read one system: a small part of `services.system`, soon imported."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from services.aws.client.account_proof import AccountProof
from services.aws.client.meter import UsageMeter
from services.aws.client.monitored_session import session_of
from services.aws.client.prices import yen_per_dollar
from services.aws.client.session import AwsSession, AwsSettings
from services.aws.cloudwatch.alarms.reader import Alarms
from services.calendar.calendar import Calendar
from services.clock import AwsClock, Clock
from services.inspections.allow_list import AllowList, allow_list_of
from services.inspections.running.finding_records import FindingRecords
from services.inspections.running.runner import InspectionRunner
from services.journal.journal import Journal
from services.journal.origin import person
from services.journal.place import JournalPlace
from services.logs.follow.limited_reader import LimitedReader
from services.logs.follow.limiter import limiter_of
from services.models.runbook import Runbook


@dataclass(frozen=True, slots=True)
class Reading:
    """The services of one system that read AWS and judge. Nothing is recorded: the journal is read if there is one."""

    runbook: Runbook
    clock: Clock
    meter: UsageMeter
    session: AwsSession
    calendar: Calendar
    alarms: Alarms
    journal: Journal
    records: FindingRecords
    inspection_runner: InspectionRunner

    @property
    def region(self) -> str:
        return self.session.settings.region or str(self.runbook.system.region)

    async def close(self) -> None:
        await self.journal.close()
        await self.session.close()


def inspection_runner_of(
    runbook: Runbook,
    calendar: Calendar,
    session: AwsSession,
    clock: Clock,
    meter: UsageMeter,
    region: str,
    allow_list: Callable[[], AllowList],
) -> InspectionRunner:
    """The inspections of a system; their reads of logs wait for the account's limit as everybody else's do."""
    account = session.settings.logs_account(runbook.system.account)
    limiter = limiter_of(account, region, clock)
    limited = LimitedReader(session, limiter, "inspections", region=region)
    aws_clock = AwsClock(clock, lambda: session.skew_seconds)
    return InspectionRunner(
        runbook,
        calendar,
        limited,
        aws_clock,
        meter,
        region=region,
        allow_list=allow_list,
        prove=session.prove,
    )


def connect(runbook: Runbook, settings: AwsSettings, clock: Clock, *, journal: JournalPlace) -> Reading:
    """Connect the services that read the runbook's system; sends no request and opens no file yet."""
    calendar = Calendar(runbook)
    meter = UsageMeter(clock, usd_jpy=yen_per_dollar(runbook.costs), zone=calendar.zone)
    proof = AccountProof(runbook.system.account, runbook.system.region, clock)
    session = session_of(settings, clock=clock, meter=meter, proof=proof)
    book = journal.journal(clock=clock, person=partial(person, None), syslog=None)
    records = FindingRecords(book, allow_list_of(runbook))
    region = settings.region or str(runbook.system.region)
    return Reading(
        runbook=runbook,
        clock=clock,
        meter=meter,
        session=session,
        calendar=calendar,
        alarms=Alarms(session, runbook, clock=clock),
        journal=book,
        records=records,
        inspection_runner=inspection_runner_of(
            runbook, calendar, session, clock, meter, region, lambda: records.allow_list
        ),
    )
