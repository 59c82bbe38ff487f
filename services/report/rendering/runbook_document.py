"""The runbook as a document for paper: whom to call and what to do on the day when no console can be reached."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from services import i18n
from services.aws_cli.quoting import quoted
from services.calendar.timing_wording import timing
from services.changes.approvers import scope_titles
from services.contacts import escalation
from services.i18n import _
from services.incidents.roster import RosterRow, reach_of, roster_rows
from services.models import glyphs
from services.models.date_text import day_text, span_text, zoned_time
from services.models.runbook import Duty, Runbook
from services.models.runbook_playbooks import Playbook, Procedure, Step
from services.models.text import clean
from services.models.verdict import Limit, Verdict
from services.report.rendering.document import (
    Block,
    Bullets,
    Document,
    DocumentFacts,
    DocumentLine,
    Paragraph,
    Section,
    table,
)
from services.runbook.undecided import blocked_by_approver, blocked_by_contact

BOX = glyphs.WAITING  # A box to tick with a pen
BLANK = "＿" * 4  # Room to write by hand what the runbook leaves open


def runbook_document(runbook: Runbook, printed: datetime, source: str) -> Document:
    title = " ".join(filter(None, (runbook.document or runbook.system.title, runbook.document_version)))
    footer = _("Printed {time} from {source}. Check the date: the runbook may have changed since.")
    return Document(
        title=str(title),
        tone=None,
        language=i18n.language(),
        facts=DocumentFacts(tuple(_facts(runbook, printed))),
        sections=tuple(section for section in _sections(runbook, printed) if section.blocks or section.parts),
        footer=footer.format(time=_moment(printed), source=clean(source)),
    )


def bound(limit: Limit) -> str:
    value = limit.below if limit.below is not None else limit.above
    sign = "<" if limit.below is not None else ">"
    return f"{sign} {(value or 0) * limit.scale:g} {limit.unit}".rstrip()


def _moment(at: datetime) -> str:
    return zoned_time(at, at.tzinfo or UTC)


def _facts(runbook: Runbook, printed: datetime) -> Iterator[tuple[str, str]]:
    system = runbook.system
    yield _("System"), f"{system.title} ({system.id}, {system.environment})"
    yield _("AWS account"), f"{system.account}  {system.region}"
    if runbook.document_updated or runbook.document_date:
        yield _("Runbook of"), str(runbook.document_updated or runbook.document_date)
    yield _("Approved by"), runbook.approved_by or _("UNDECIDED")
    if runbook.readers:
        yield _("Readers"), _(", ").join(runbook.readers)
    yield _("Printed"), _moment(printed)


def _sections(runbook: Runbook, printed: datetime) -> Iterator[Section]:
    yield Section(_("Contacts"), tuple(_contacts(runbook)))
    yield Section(_("Roster"), tuple(_roster(runbook, printed)))
    yield Section(_("Approvers"), tuple(_approvers(runbook)))
    yield Section(_("Alarms"), tuple(_alarms(runbook)))
    yield Section(_("Playbooks"), parts=tuple(_playbook(runbook, each) for each in runbook.playbooks))
    yield Section(_("Procedures"), parts=tuple(_procedure(runbook, each) for each in runbook.procedures))
    yield Section(_("Limits"), tuple(_limits(runbook)))
    yield Section(_("Duties"), parts=tuple(_duty(each) for each in runbook.duties))
    yield Section(_("Names in AWS"), tuple(_targets(runbook)))


def _contacts(runbook: Runbook) -> Iterator[Block]:
    if runbook.contacts:
        lines = [
            _person(each.role, each.contact, (each.scope,), blocked_by_contact(runbook, each.role))
            for each in runbook.contacts
        ]
        yield table((_("Role"), _("Telephone or address"), _("Responsible for")), lines)


def _roster(runbook: Runbook, printed: datetime) -> Iterator[Block]:
    if not runbook.roster:
        return
    last = max(entry.ends for entry in runbook.roster)
    rows = roster_rows(runbook, printed.date(), last)
    lines = [_on_duty(runbook, row) for row in rows]
    if lines:
        yield table((_("Days"), _("On duty"), _("Telephone or address")), lines)


def _on_duty(runbook: Runbook, row: RosterRow) -> DocumentLine:
    first, last = day_text(row.starts), day_text(row.ends)
    days = first if row.starts == row.ends else span_text(first, last)
    if row.entry is None:
        return DocumentLine((days, f"{_('UNDECIDED')}\n{BLANK}", ""), Verdict.ATTENTION)
    reach = reach_of(runbook, row.entry)
    return DocumentLine(
        (days, str(row.entry.person), reach or f"{_('UNDECIDED')}\n{BLANK}"),
        None if reach else Verdict.ATTENTION,
    )


def _approvers(runbook: Runbook) -> Iterator[Block]:
    if runbook.approvers:
        lines = [
            _person(
                each.role, each.name, scope_titles(each.approves), blocked_by_approver(runbook, each.role)
            )
            for each in runbook.approvers
        ]
        yield table((_("Role"), _("Name"), _("Approves")), lines)


def _person(role: str, reach: str, scope: Sequence[str], blocked: Sequence[str]) -> DocumentLine:
    scopes = _(", ").join(filter(None, scope))
    if reach:
        return DocumentLine((role, reach, scopes))
    others = [text for text in blocked if text not in scope]
    text = _("until decided, blocked: {what}", what=_(", ").join(others)) if others else ""
    return DocumentLine(
        (role, f"{_('UNDECIDED')}\n{BLANK}", "\n".join(filter(None, (scopes, text)))), Verdict.ATTENTION
    )


def _alarms(runbook: Runbook) -> Iterator[Block]:
    titles = {book.id: book.title for book in runbook.playbooks}
    lines = [
        (clean(each.name), each.title, titles.get(each.playbook or "", ""), clean(runbook.log_group_for(each.name)))
        for each in runbook.alarms
    ]  # fmt: skip
    if lines:
        yield table((_("Alarm"), _("What"), _("Playbook"), _("Log group")), lines)


def _playbook(runbook: Runbook, book: Playbook) -> Section:
    alarms = [clean(each.name) for each in runbook.alarms if each.playbook == book.id]
    facts = []
    if alarms:
        facts.append((_("Alarms"), _(", ").join(alarms)))
    if book.wait_minutes:
        facts.append((_("Wait"), _("{count} minutes for it to recover", count=book.wait_minutes)))
    minutes = book.escalate_minutes or book.wait_minutes
    if book.escalate_to:
        after = _("after {count} minutes: {who}") if minutes else "{who}"
        who = escalation(runbook, book.escalate_to)
        facts.append((_("Escalate"), after.format(count=minutes, who=who)))
    if book.approval:
        facts.append((_("Approval"), escalation(runbook, book.approval)))
    return Section(
        book.title,
        (
            *([DocumentFacts(tuple(facts))] if facts else []),
            *_steps(book.steps),
            *(
                [table((_("Cause"), _("What to do")), [(each.cause, each.action) for each in book.causes])]
                if book.causes
                else []
            ),
            *_cautions(book.caution),
        ),
        whole=True,
    )


def _procedure(runbook: Runbook, procedure: Procedure) -> Section:
    facts = [
        (_("Section"), procedure.section),
        (_("When"), procedure.timing),
        (_("Approval"), escalation(runbook, procedure.approval)),
        (_("Afterwards"), procedure.revert),
    ]
    present = tuple((name, text) for name, text in facts if text)
    return Section(
        procedure.title,
        (
            *([DocumentFacts(present)] if present else []),
            *_steps(procedure.steps),
            *_cautions(procedure.caution),
        ),
        whole=True,
    )


def _steps(steps: tuple[Step, ...]) -> Iterator[Block]:
    if steps:
        lines = [
            (f"{BOX} {number}", f"{step.text}\n{step.note}" if step.note else step.text)
            for number, step in enumerate(steps, 1)
        ]
        yield table(("", _("Step")), lines)


def _cautions(texts: tuple[str, ...]) -> Iterator[Block]:
    for text in texts:
        yield Paragraph(_("Caution: {text}", text=text), Verdict.ATTENTION)


def _limits(runbook: Runbook) -> Iterator[Block]:
    if runbook.limits:
        lines = [
            (each.title, bound(each), clean(f"{each.namespace} {each.metric}"), each.source)
            for each in runbook.limits
        ]
        yield table((_("What"), _("Normal"), _("Metric"), _("Section")), lines)


def _duty(duty: Duty) -> Section:
    facts = [
        (_("When"), timing(duty)),
        (_("Section"), duty.section),
        (_("To be recorded"), duty.record),
        (_("To be written down"), _(", ").join(each.title for each in duty.evidence)),
    ]
    lines = [(f"{BOX} {number}", text) for number, text in enumerate(duty.asks, 1)]
    return Section(
        duty.title,
        (
            DocumentFacts(tuple((name, text) for name, text in facts if text)),
            *([table(("", _("What to check")), lines)] if lines else []),
        ),
        whole=True,
    )


def _targets(runbook: Runbook) -> Iterator[Block]:
    pairs: list[tuple[str, str]] = []
    if ecs := runbook.ecs:
        pairs.append((_("ECS cluster"), clean(ecs.cluster)))
        pairs.append((_("ECS services"), _(", ").join(map(clean, ecs.services))))
    if rds := runbook.rds:
        pairs.append((_("RDS instance"), clean(rds.instance)))
        window = " = ".join(filter(None, (rds.window, f"{rds.window_utc} UTC" if rds.window_utc else "")))
        pairs.append((_("RDS maintenance window"), window))
    if alb := runbook.alb:
        pairs.append((_("Load balancer"), clean(alb.load_balancer)))
        pairs.append((_("Target group"), clean(alb.target_group)))
    if cdn := runbook.cdn:
        pairs.append((_("CloudFront distribution"), clean(cdn.distribution)))
    if waf := runbook.waf:
        pairs.append((_("Web ACL"), clean(waf.web_acl)))
    if runbook.dashboard:
        pairs.append((_("Dashboard"), clean(runbook.dashboard.name)))
    pairs += [(f"{_('Log group')}: {each.title}", clean(each.id)) for each in runbook.log_groups]
    if runbook.slack:
        pairs.append((_("Slack"), str(runbook.slack.channel)))
    present = tuple((name, text) for name, text in pairs if text)
    if present:
        yield DocumentFacts(present)
    if runbook.log_groups:
        yield Bullets(tuple(_by_hand(runbook)))


def _by_hand(runbook: Runbook) -> Iterator[str]:
    region = quoted(runbook.system.region)
    yield f"aws cloudwatch describe-alarms --state-value ALARM --region {region}"
    yield from (
        f"aws logs tail {quoted(group.id)} --since 10m --follow --region {region}"
        for group in runbook.log_groups
    )
