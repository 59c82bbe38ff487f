"""Where the journal's newest hash is sent, so that nobody can rewrite the journal unnoticed; nothing is sent here."""

import asyncio
import socket
from contextlib import closing
from pathlib import Path

from services.aws.client.errors import AwsError
from services.i18n import _
from services.journal.anchors.checkpoints import DEV_LOG
from services.models.text import clean
from services.models.verdict import Verdict
from tui.cli.doctor.examination import SECONDS, CheckOutcome, Examination, Skipped, of_problem


async def hashes(subject: Examination) -> CheckOutcome:
    spec = subject.runbook.journal
    machine = await asyncio.to_thread(refusal, DEV_LOG)
    syslog = _("syslog: {reason}", reason=machine) if machine else _("syslog takes them")
    if not spec.log_group:
        if machine:
            return CheckOutcome(
                Verdict.ATTENTION,
                syslog,
                _("Start journald or rsyslog, or name a log stream under [journal] in the runbook."),
            )
        return CheckOutcome(Verdict.NORMAL, syslog)
    place = f"{clean(spec.log_group)}/{clean(spec.log_stream)}"
    try:
        session = await subject.connected()
    except Skipped as reason:
        text = _("{syslog}; {stream} was not read: {reason}")
        return CheckOutcome(None, text.format(syslog=syslog, stream=place, reason=reason))
    try:
        await session.read(
            "logs",
            "FilterLogEvents",
            timeout=SECONDS,
            logGroupName=str(spec.log_group),
            logStreamNames=[str(spec.log_stream)],
            limit=1,
        )
    except AwsError as error:
        outcome = of_problem(error.problem, Verdict.ATTENTION)
        remedy = outcome.remedy or _("`toban policy journal` prints what it needs.")
        return CheckOutcome(outcome.verdict, f"{place}: {outcome.text}", remedy)
    return CheckOutcome(Verdict.NORMAL, _("{syslog}; {stream} can be read", syslog=syslog, stream=place))


def refusal(path: Path) -> str:
    """Why this machine's log takes no lines; "" if it does. Connects, and sends nothing."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as connection:
        connection.setblocking(False)
        try:
            connection.connect(str(path))
        except OSError as error:
            return f"{path}: {error.strerror or error}"
    return ""
