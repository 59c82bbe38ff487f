"""What can be done with findings wherever one is shown, and the words for inspections."""

from datetime import datetime, tzinfo

from services.i18n import _, sentences
from services.inspections.registry import offered
from services.journal.errors import JournalError
from services.models.duties import OccurrenceState, Slot
from services.models.findings import Finding, Recorded, Unfamiliar
from services.models.journal import Entry
from services.models.runbook import Runbook
from tui.app import TobanApp
from tui.screens.choose import Choice, ChooseScreen
from tui.screens.notice import NoticeScreen
from tui.screens.overrule import OverruleScreen
from tui.screens.sign import signed_first
from widgets.format import stamp


def titles(runbook: Runbook) -> dict[str, str]:
    """Inspections by id, in the screen's language."""
    return {str(each.id): _(each.title) for each in offered(runbook)}


def no_look(app: TobanApp, slot: Slot) -> str:
    """Why no look is made for this slot now; "" where it may."""
    standing, now = app.ready.duties.now(slot), app.now()
    if standing.signed is not None:
        first = signed_first(standing.signed, app.zone, now)
        words = _("{first}: it was signed with what was found by then; “Look now” looks without a duty")
        return words.format(first=first)
    if standing.state is OccurrenceState.UPCOMING and app.ready.calendar.day_of(now) < slot.day:
        return _("its day has not come; “Look now” looks without a duty")
    return ""


def overrule(app: TobanApp, subject: str, recorded: Recorded) -> None:
    """Ask for a reason and judge it otherwise."""
    if recorded.seq == 0:
        app.push_screen(
            NoticeScreen(recorded.finding.title, _("The journal did not take this finding; it cannot be overruled."))
        )
        return
    app.push_screen(OverruleScreen(subject, recorded))


def known(app: TobanApp, finding: Finding) -> None:
    """Choose who or what is known from now on, or is no longer."""
    said = app.ready.records.said_known
    known = {entry.target for entry in said}
    choices = [
        Choice(str(at), _words(each))
        for at, each in enumerate(finding.unfamiliar)
        if (each.network or each.value) not in known
    ]
    note, zone, now = _("known; take it back"), app.zone, app.now()
    choices += [Choice(f"-{at}", first_words(each, zone, now), note) for at, each in enumerate(said, 1)]

    def chosen(key: str | None) -> None:
        if key is None:
            return
        at = int(key)
        work = _make_known(app, finding.unfamiliar[at]) if not key.startswith("-") else _forget(app, said[-at - 1])
        app.run_worker(work, group="known")

    app.push_screen(ChooseScreen(_("Known people and networks"), choices), chosen)


def _words(each: Unfamiliar) -> str:
    if each.kind == "person":
        return _("user {name}").format(name=each.value)
    return _("network {network} ({value})").format(network=each.network or each.value, value=each.value)


def first_words(entry: Entry, zone: tzinfo, now: datetime) -> str:
    """What is known, since when, and who said so."""
    when = stamp(entry.at, zone, now)
    return _("{name} — {by}, {time}").format(name=entry.target, by=entry.person.name, time=when)


async def _forget(app: TobanApp, entry: Entry) -> None:
    try:
        await app.ready.rounds.looks.forget(entry)
    except JournalError as error:
        app.push_screen(NoticeScreen(entry.target, sentences(error.problem.summary, error.problem.remedy)))
        return
    app.say(_("{name} is no longer known; look again to see what that changes").format(name=entry.target))


async def _make_known(app: TobanApp, each: Unfamiliar) -> None:
    try:
        await app.ready.rounds.looks.make_known(each)
    except JournalError as error:
        app.push_screen(NoticeScreen(_words(each), sentences(error.problem.summary, error.problem.remedy)))
        return
    app.say(_("{name} is known from now on; look again to see what is left").format(name=_words(each)))
