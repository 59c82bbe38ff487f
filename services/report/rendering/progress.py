"""How far a duty is that was begun and not signed off, in the words of reports."""

from collections.abc import Iterator
from datetime import date

from services.i18n import _
from services.models.duties import ProgressNote, TickedLine
from services.models.report_lines import DutyLine
from services.report.rendering.dates import Dates


def progress_words(line: DutyLine, dates: Dates, day: date | None) -> Iterator[str]:
    """What was done of a duty that is under way, by whom and when, and what is said about it."""
    total = len(line.checked) + len(line.unchecked)
    done = _(", ").join(_by(each, dates, day) for each in line.ticked)
    text = _("under way, {done} of {total} ticked").format(done=len(line.checked), total=total)
    yield _("{text}: {items}").format(text=text, items=done) if done else text
    for note in line.progress_notes:
        yield _by(note, dates, day)


def _by(item: TickedLine | ProgressNote, dates: Dates, day: date | None) -> str:
    return _("{title} ({more})").format(title=item.text, more=f"{item.by} {dates.at(item.at, day)}")
