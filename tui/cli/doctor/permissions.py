"""Which of the runbook's reads AWS allows: each is really sent, small and free of charge, several at a time."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from services.aws.client.errors import AccessDenied, AwsError, Invalid, NotFound
from services.aws.client.reader import Reader
from services.i18n import _
from services.models.verdict import Verdict
from services.policy.declared import declared
from services.policy.probes import Probe, probes
from tui.cli.doctor.examination import SECONDS, CheckOutcome, Examination, remedy_of
from tui.panel_registry import PANELS

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Answer:
    probe: Probe
    error: AwsError | None


async def permissions(subject: Examination) -> CheckOutcome:
    session = await subject.connected()
    runbook = subject.runbook
    calls = declared(runbook, [call for panel in PANELS for call in panel.calls]).reads
    region = session.settings.region or str(runbook.system.region)
    slots = asyncio.Semaphore(AT_ONCE)
    tried = probes(calls, runbook, region, subject.clock.now())
    answers = await asyncio.gather(*(_tried(session, probe, slots) for probe in tried))
    return _judged(answers, needed=len(calls))


async def _tried(session: Reader, probe: Probe, slots: asyncio.Semaphore) -> _Answer:
    async with slots:
        try:
            await session.read(
                probe.service, probe.operation, region=probe.region, timeout=SECONDS, **probe.params
            )
        except AwsError as error:
            return _Answer(probe, error)
    return _Answer(probe, None)


def _judged(answers: list[_Answer], *, needed: int) -> CheckOutcome:
    denied = _unique(
        each.error.problem.permission or f"{each.probe.service}:{each.probe.operation}"
        for each in answers
        if isinstance(each.error, AccessDenied)
    )
    absent = _unique(
        each.error.problem.summary for each in answers if isinstance(each.error, NotFound | Invalid)
    )
    doubts = [
        each.error.problem
        for each in answers
        if each.error is not None and not isinstance(each.error, AccessDenied | NotFound | Invalid)
    ]
    unread = _unique(problem.summary for problem in doubts)
    tried = len({(each.probe.service, each.probe.operation) for each in answers})
    numbers = {"tried": float(tried), "needed": float(needed), "denied": float(len(denied))}
    text = _("{tried} of {needed} operations tried: {denied} denied").format(
        tried=tried, needed=needed, denied=len(denied)
    )
    if denied:
        remedy = _("Ask the account's administrator for what `toban policy read` prints.")
        return CheckOutcome(Verdict.ABNORMAL, text, remedy, (*denied, *absent, *unread), numbers)
    if unread:
        return CheckOutcome(Verdict.UNKNOWN, text, remedy_of(doubts), (*unread, *absent), numbers)
    if absent:
        remedy = _("Check the names in the runbook, and the region.")
        return CheckOutcome(Verdict.ATTENTION, text, remedy, absent, numbers)
    text = _("{tried} of {needed} operations tried: all allowed", tried=tried, needed=needed)
    return CheckOutcome(Verdict.NORMAL, text, numbers=numbers)


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
