"""What can be done with findings wherever one is shown, and the words for inspections."""

from collections.abc import Awaitable, Callable
from datetime import datetime, tzinfo
from functools import partial
from typing import NamedTuple

from services.i18n import _
from services.inspections.registry import offered
from services.journal.errors import JournalError
from services.models.duties import OccurrenceState, ScheduledOccurrence
from services.models.findings import Finding, Recorded, UnknownIdentity
from services.models.journal import Entry
from services.models.runbook import Runbook
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.common.notice import NoticeScreen
from tui.screens.duties.overrule import OverrideScreen
from tui.screens.common.already_recorded import signed_first
from widgets.drawing.format import stamp


def titles(runbook: Runbook) -> dict[str, str]:
    """Inspections by id, in the screen's language."""
    return {str(each.id): _(each.title) for each in offered(runbook)}


def no_look(app: Console, slot: ScheduledOccurrence) -> str:
    """Why no look is made for this slot now; "" where it may."""
    standing, now = app.ready.duties.now(slot), app.now()
    if standing.signed is not None:
        first = signed_first(standing.signed, app.zone, now)
        words = _("{first}: it was signed off with the findings of that time; “Inspect now” runs it without a "
"duty")
        return words.format(first=first)
    if standing.state is OccurrenceState.UPCOMING and app.ready.calendar.day_of(now) < slot.day:
        return _("its day has not come; “Inspect now” runs it without a duty")
    return ""


def overrule(app: Console, subject: str, recorded: Recorded) -> None:
    """Ask for a reason and judge it otherwise."""
    if recorded.seq == 0:
        app.push_screen(
            NoticeScreen(recorded.finding.title, _("The journal does not contain this finding; it cannot be overridden."))
        )
        return
    app.push_screen(OverrideScreen(subject, recorded))


def known(app: Console, finding: Finding) -> None:
    """Choose who or what is known from now on, or is no longer."""
    looks, zone, now = app.ready.rounds.looks, app.zone, app.now()
    said = app.ready.records.said_known
    already = {entry.target for entry in said}
    choices: list[Choice] = []
    writes: dict[str, _Write] = {}
    for each in finding.unfamiliar:
        value = each.network or str(each.value)
        if value not in already:
            name = _words(each)
            told = _("{name} is known from now on; rerun to see what is left").format(name=name)
            choices.append(Choice(value, name))
            writes[value] = _Write(name, partial(looks.make_known, each), told)
    for entry in said:
        told = _("{name} is no longer known; rerun to see what that changes").format(name=entry.target)
        choices.append(Choice(entry.target, _since(entry, zone, now), _("known; remove")))
        writes[entry.target] = _Write(entry.target, partial(looks.forget, entry), told)

    def chosen(key: str | None) -> None:
        if key is not None:
            app.run_worker(_write(app, writes[key]), group="known")

    app.push_screen(ChooseScreen(_("Known users and networks"), choices), chosen)


class _Write(NamedTuple):
    """What a choice writes into the journal, and what is said afterwards."""

    name: str
    write: Callable[[], Awaitable[None]]
    told: str


async def _write(app: Console, chosen: _Write) -> None:
    try:
        await chosen.write()
    except JournalError as error:
        app.push_screen(NoticeScreen(chosen.name, error.problem.said))
        return
    app.say(chosen.told)


def _words(each: UnknownIdentity) -> str:
    if each.kind == "person":
        return _("user {name}").format(name=each.value)
    return _("network {network} ({value})").format(network=each.network or each.value, value=each.value)


def _since(entry: Entry, zone: tzinfo, now: datetime) -> str:
    """What is known, who said so, and when."""
    when = stamp(entry.at, zone, now)
    return _("{name} — {by}, {time}").format(name=entry.target, by=entry.person.name, time=when)
