"""What the first reading of the alarms needs of a system; `services.system` connects the rest to it later.
Apart from it, because the console shows the alarms before it imports what only the rest needs."""

import random
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.aws.client.account_proof import AccountProof
from services.aws.client.meter import UsageMeter
from services.aws.client.monitored_session import session_of
from services.aws.client.prices import yen_per_dollar
from services.aws.client.session import AwsSession, AwsSettings
from services.aws.client.write_grants import NOWHERE, JournalLogStream
from services.aws.cloudwatch.alarms.watch import AlarmWatch
from services.background.faults import Workers
from services.clock import AwsClock, Clock
from services.feed import Feed
from services.models.alarms import AlarmOverview
from services.models.intervals import Intervals
from services.models.runbook import Runbook


@dataclass(frozen=True)
class Beginning:
    zone: ZoneInfo  # The system's
    meter: UsageMeter
    session: AwsSession
    clock: Clock
    aws_clock: AwsClock
    log_stream: JournalLogStream  # The journal's; without a group if it has none
    alarm_watch: AlarmWatch
    alarms: Feed[AlarmOverview]
    workers: Workers  # The console's own repeating work, to which the feeds report their internal errors
    rng: random.Random  # Spreads the feeds' reads


def begin(
    runbook: Runbook,
    settings: AwsSettings,
    clock: Clock,
    *,
    intervals: Intervals | None = None,
    seed: int | None = None,
    appends: bool = True,
    proves: bool = True,
) -> Beginning:
    """The session and the alarms of the runbook's system; sends no request yet. `appends`: it may append to
    the journal's log stream. `proves`: what it reads must be of the runbook's account."""
    zone = ZoneInfo(runbook.system.timezone)
    meter = UsageMeter(clock, usd_jpy=yen_per_dollar(runbook.costs), zone=zone)
    log_stream = JournalLogStream(runbook.journal.log_group, runbook.journal.log_stream)
    target = log_stream if appends else NOWHERE
    proof = AccountProof(runbook.system.account, runbook.system.region, clock) if proves else None
    session = session_of(
        settings, clock=clock, meter=meter, journal=target, journal_group=log_stream.group, proof=proof
    )
    rng, workers = random.Random(seed), Workers(clock)
    alarm_watch = AlarmWatch(session, runbook, clock)

    async def read() -> AlarmOverview:
        before, refusals = meter.calls_today, session.refusals
        try:
            return await alarm_watch.read()
        finally:
            # Requests that were repeated because AWS refused this machine's time say nothing about the next reading.
            is_usual = session.refusals == refusals
            alarm_watch.calls = max(0, meter.calls_today - before) if is_usual else 0

    alarms: Feed[AlarmOverview] = Feed(
        "alarms", read, clock=clock, interval=(intervals or Intervals()).alarms, rng=rng, fault=workers.report
    )
    alarm_watch.read_on = alarms.refresh
    return Beginning(
        zone=zone,
        meter=meter,
        session=session,
        clock=clock,
        aws_clock=AwsClock(clock, lambda: session.skew_seconds),
        log_stream=log_stream,
        alarm_watch=alarm_watch,
        alarms=alarms,
        workers=workers,
        rng=rng,
    )
