from collections.abc import Iterable, Iterator
from datetime import date

from services.i18n import _, plural
from services.incidents.course_text import course_text
from services.models import glyphs
from services.models.durations import lasting
from services.models.incident_report import FollowUpLine, IncidentCount, IncidentLine
from services.models.incidents import Contacted, IncidentState
from services.models.state_words import INCIDENTS
from services.models.verdict import Verdict
from services.report.rendering.dates import Dates
from services.report.rendering.document import Block, Bullets, DocumentLine, Paragraph, Section, table
from services.report.rendering.report_wording import NOTHING

WIDTHS = (22, 11, 9, 9, 21, 10, 18)  # Percent of the page that each column of the table takes


def incident_state(value: IncidentState) -> str:
    glyph, word = INCIDENTS[value]
    return f"{glyph} {_(word)}"


def time_taken(seconds: float | None) -> str:
    return lasting(seconds) if seconds is not None else NOTHING


def recovery_taken(line: IncidentLine) -> str:
    taken = time_taken(line.mttr_seconds)
    is_judged = line.recovered_at is not None or line.closed_at is None
    return taken if is_judged else _("not judged (closed after {duration})", duration=taken)


def responder_words(line: IncidentLine) -> str:
    if line.offered_to is None:
        return line.holder or NOTHING
    to = line.offered_to or _("the next person")
    return _("{who} (offered to {to}, not accepted yet)", who=line.holder or NOTHING, to=to)


def incident_columns() -> tuple[str, ...]:
    return (
        _("Incident"), _("Since"), _("MTTA"), _("MTTR"), _("Cause"), _("Responder"), _("Follow-ups"),
    )  # fmt: skip


def listed_incidents(lines: Iterable[IncidentLine]) -> list[IncidentLine]:
    return sorted(lines, key=lambda line: not line.is_open)


def incident_rows(lines: Iterable[IncidentLine], dates: Dates, day: date | None) -> Iterator[DocumentLine]:
    for line in listed_incidents(lines):
        follow_ups = _(", ").join(str(follow_up.text) for follow_up in line.follow_ups)
        part = _("(part of another)") if line.joined_to else ""
        cells = (
            f"{incident_state(line.state)} {line.title} {part}".rstrip(),
            dates.at(line.since, day),
            time_taken(line.mtta_seconds),
            recovery_taken(line),
            line.cause or NOTHING,
            responder_words(line),
            follow_ups or NOTHING,
        )
        yield DocumentLine(cells, Verdict.ABNORMAL if line.is_open else None)


def incident_counts(lines: Iterable[IncidentLine]) -> dict[str, int]:
    states = [line.state for line in lines if not line.joined_to]
    return {incident_state(state): states.count(state) for state in IncidentState if state in states}


def incident_section(lines: Iterable[IncidentLine], count: IncidentCount, dates: Dates) -> Iterator[Section]:
    rows = list(incident_rows(lines, dates, None))
    if not rows:
        return
    beginnings = plural("{count} began in this period", "{count} began in this period", count.count)
    words = _("{count}; mean time to respond (MTTA): {mtta}; mean time to recovery (MTTR): {mttr}").format(
        count=beginnings.format(count=count.count),
        mtta=time_taken(count.mtta_seconds),
        mttr=time_taken(count.recovery_seconds),
    )
    if unconfirmed := count.ended - count.recovered:
        more = _("{count} closed without a judged recovery", count=unconfirmed)
        words = _("{text}; {more}", text=words, more=more)
    blocks = (Paragraph(words), table(incident_columns(), rows, widths=WIDTHS))
    yield Section(_("Incidents"), blocks)


def incident_annex(lines: Iterable[IncidentLine], dates: Dates, day: date | None) -> Section:
    parts = tuple(Section(line.title, tuple(_details(line, dates, day))) for line in listed_incidents(lines))
    return Section(_("Incidents"), (), parts)


def _details(line: IncidentLine, dates: Dates, day: date | None) -> Iterator[Block]:
    items = [
        _("{target}, since {time}", target=line.target, time=dates.at(line.since, day)),
        *_course(line, dates, day),
        *(contact_words(contact, dates, day) for contact in line.contacted),
        *(follow_up_words(follow_up, dates) for follow_up in line.follow_ups),
        _("The whole report: toban incident report {number}", number=line.seq),
    ]
    yield Bullets(tuple(items))
    if line.summary:
        yield Paragraph(line.summary)


def _course(line: IncidentLine, dates: Dates, day: date | None) -> Iterator[str]:
    if line.taken_at is not None:
        yield _("{time} taken by {name} after {duration}").format(
            time=dates.at(line.taken_at, day), name=line.taken_by, duration=time_taken(line.mtta_seconds)
        )
    if line.decision is not None:
        yield _("{time} cause decided by {name}: {cause}").format(
            time=dates.at(line.decision.at, day), name=line.decision.by, cause=line.decision.title
        )
    yield course_text(line, lambda at: dates.at(at, day))


def contact_words(contact: Contacted, dates: Dates, day: date | None) -> str:
    """`10:07 開発チームに電話で連絡 (tanaka)`."""
    words = _("{time} {role} was told by {channel} ({name})").format(
        time=dates.at(contact.at, day), role=contact.role, channel=contact.channel or NOTHING, name=contact.by
    )
    return f"{words}: {contact.note}" if contact.note else words


def follow_up_words(follow_up: FollowUpLine, dates: Dates) -> str:
    """`残課題: インデックス追加を検討 (期限 01-21(水)、tanaka)`, with whether it is done."""
    due = dates.short(follow_up.due.astimezone(dates.zone).date())
    words = _("follow-up: {text} (due {day}, {name})", text=follow_up.text, day=due, name=follow_up.by)
    return f"{glyphs.DONE} {words}" if follow_up.done_at is not None else words
