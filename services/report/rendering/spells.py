from datetime import date

from services.i18n import _
from services.models.durations import lasting
from services.models.report_lines import AcknowledgementLine, SpellLine
from services.report.rendering import wording
from services.report.rendering.dates import Dates
from services.report.rendering.wording import NOTHING


def named(line: SpellLine) -> str:
    return f"{line.alarm} {line.title}".rstrip()


def began(line: SpellLine, dates: Dates, day: date) -> str:
    time = dates.at(line.since, day)
    return time if line.began else _("before {time}").format(time=time)


def ended(line: SpellLine, dates: Dates, day: date) -> str:
    time = dates.at(line.last_seen, day)
    return time if line.ended else _("ongoing at {time}").format(time=time)


def lasted(line: SpellLine) -> str:
    duration = lasting(line.seconds)
    return _("{time} or more").format(time=duration) if line.at_least else duration


def acknowledged_by(line: SpellLine, dates: Dates, day: date) -> str:
    return _(", ").join(f"{ack.by} {dates.at(ack.at, day)}" for ack in line.acknowledged) or NOTHING


def acknowledgement_words(ack: AcknowledgementLine, dates: Dates, day: date) -> str:
    text = _("{time} {name} acknowledged {alarm} ({state})").format(
        time=dates.at(ack.at, day),
        name=ack.by,
        alarm=ack.alarm,
        state=wording.alarm_state(ack.state) or NOTHING,
    )
    note = " ".join(ack.note.split())
    return f"{text}: {note}" if note else text
