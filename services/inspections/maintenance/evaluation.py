"""The points of the look at the maintenance, each judged by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.calendar.maintenance_windows import Window, said, stamp, typed_as_local, weekly
from services.i18n import _, plural
from services.inspections.maintenance.dates import ActionUrgency, Due
from services.inspections.toolkit.points import Point, listed
from services.models.databases import Database, OptIn
from services.models.duties import ScheduledOccurrence
from services.models.findings import Measure
from services.models.runbook import Rds
from services.models.verdict import Verdict

CERTIFICATE_SOON, CERTIFICATE_URGENT = timedelta(days=90), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Everything that was read about the maintenance of one database."""

    database: Database
    spec: Rds
    now: datetime
    zone: tzinfo
    window: Window | None
    dues: tuple[Due, ...] | None
    """None: could not be read."""
    clashes: tuple[ScheduledOccurrence, ...] = ()
    """Duties in the coming window, in which something may be applied."""
    office_hours: frozenset[datetime] = frozenset()
    """Those dates of the actions at which city hall is open."""

    @property
    def coming(self) -> datetime | None:
        """When the next window begins, or now within one (UTC)."""
        return self.window.chance(self.now) if self.window else None

    def stamp(self, at: datetime | None) -> str:
        """Local time; "" for none."""
        return stamp(at, self.zone) if at else ""


def touched(database: Database, dues: tuple[Due, ...] | None) -> bool:
    """Whether something may be applied in the coming window: by AWS, or by a person who acts in time."""
    soon = (ActionUrgency.ASKED, ActionUrgency.LAST_WINDOW, ActionUrgency.LATE)
    return bool(database.pending) or any(each.standing in soon for each in dues or ())


def points(seen: Maintenance) -> list[Point]:
    """In the order of the runbook's questions."""
    return [*_actions(seen), _window(seen), _settings(seen), *_clashes(seen), _certificate(seen)]


def normal_summary(seen: Maintenance) -> str:
    """Where nothing is wrong."""
    dated = [each.at for each in seen.dues or () if each.at]
    if dated:
        text = _("Nothing that is pending comes before {at}; the next maintenance window is {window}.")
        return text.format(at=seen.stamp(min(dated)), window=seen.stamp(seen.coming))
    text = _("Nothing is pending; the next maintenance window is {window}.")
    if seen.dues:
        text = _("Nothing that is pending has a date; the next maintenance window is {window}.")
    return text.format(window=seen.stamp(seen.coming))


def _actions(seen: Maintenance) -> Iterator[Point]:
    title = _("Pending maintenance")
    if seen.dues is None:
        measure = Measure(title=title, shown="", verdict=Verdict.UNKNOWN)
        yield Point(measure, _("Pending maintenance could not be read."))
    elif not seen.dues:
        yield Point(Measure(title=title, shown=_("none"), verdict=Verdict.NORMAL, value=0))
    else:
        for each in sorted(seen.dues, key=lambda due: (due.at is None, due.at or seen.now)):
            yield _action(seen, each)


def _action(seen: Maintenance, due: Due) -> Point:
    lead = seen.spec.patch_lead_days
    notes = []
    if due.at:
        notes.append(_("in the window") if due.in_window else _("whatever the window"))
    if due.at in seen.office_hours:
        notes.append(_("within opening hours"))
    measure = Measure(
        title=due.action.action,
        shown=seen.stamp(due.at) or _("no date"),
        allowed=plural("by hand {count} day before", "by hand {count} days before", lead).format(count=lead),
        verdict=due.verdict,
        value=None if due.at is None else round((due.at - seen.now) / timedelta(days=1), 2),
        unit="" if due.at is None else "d",
        at=due.at,
        note=listed(notes),
    )
    return Point(measure, _said(seen, due), tuple(_advice(seen, due)), by_runbook=True)


def _said(seen: Maintenance, due: Due) -> str:
    lead = seen.spec.patch_lead_days
    texts = {
        ActionUrgency.FORCED: _("{action} is forced at {at}, before the next maintenance window ({window})."),
        ActionUrgency.LATE: plural(
            "{action} is applied at {at}: less than {count} day is left.",
            "{action} is applied at {at}: less than {count} days are left.",
            lead,
        ),
        ActionUrgency.LAST_WINDOW: plural(
            "{action} is applied at {at}: the window of {by_hand} is the last that leaves {count} day.",
            "{action} is applied at {at}: the window of {by_hand} is the last that leaves {count} days.",
            lead,
        ),
        ActionUrgency.ASKED: _("{action} is applied at {at}, as somebody asked."),
    }
    text = texts.get(due.standing, "")
    if due.standing is ActionUrgency.ASKED and due.action.opt_in is OptIn.IMMEDIATE:
        text = _("{action} is being applied, as somebody asked.")
    elif due.standing is ActionUrgency.ASKED and due.at is None:
        text = _("{action} will be applied, as somebody asked; AWS does not say when.")
    if due.standing is ActionUrgency.LAST_WINDOW and not due.leaves(timedelta(days=lead)):
        text = _(
            "{action} is applied at {at}: no window is left {count} days before it; the next is {by_hand}."
        )
        if due.by_hand is None:
            text = _("{action} is applied at {at}: no window is left {count} days before it.")
    return text.format(
        action=due.action.action,
        at=seen.stamp(due.at),
        window=seen.stamp(seen.coming),
        by_hand=seen.stamp(due.by_hand),
        count=lead,
    )


def _advice(seen: Maintenance, due: Due) -> Iterator[str]:
    if due.standing is ActionUrgency.FORCED:
        text = _(
            "No window comes before it: agree on a time with those who use the system, and apply it then."
        )
        yield text
    elif due.standing is ActionUrgency.LATE and due.by_hand is None and due.in_window:
        yield _("AWS applies it in the maintenance window: tell those who use the system.")
    elif due.by_hand is not None:
        yield _("Apply {action} by hand in the maintenance window of {window}.").format(
            action=due.action.action, window=seen.stamp(due.by_hand)
        )


def _window(seen: Maintenance) -> Point:
    title, spelled = _("Maintenance window"), str(seen.database.maintenance_window)
    meant = weekly(seen.spec.window_utc)
    allowed = ""
    if meant:
        allowed = _("{local} ({utc} UTC)").format(
            local=said(meant, seen.zone, seen.now), utc=seen.spec.window_utc
        )
    if seen.window is None:
        measure = Measure(title=title, shown=spelled, allowed=allowed, verdict=Verdict.UNKNOWN)
        return Point(measure, _("AWS does not say when the maintenance window is."))
    local = said(seen.window, seen.zone, seen.now)
    # Without one in the runbook there is nothing to compare with.
    verdict = None if meant is None else Verdict.NORMAL if meant == seen.window else Verdict.ABNORMAL
    measure = Measure(
        title=title,
        shown=_("{local} ({utc} UTC)").format(local=local, utc=spelled),
        allowed=allowed,
        verdict=verdict,
        note=_("next: {at}").format(at=seen.stamp(seen.coming)),
    )
    text = _("The maintenance window is {local}, not the runbook's.")
    if meant and typed_as_local(meant, seen.window, seen.zone, seen.now):
        text = _("The maintenance window was written in local time, but RDS reads UTC: it is {local}.")
    tip = _("Set the maintenance window to {utc} (UTC).").format(utc=seen.spec.window_utc)
    return Point(measure, text.format(local=local), (tip,))


def _settings(seen: Maintenance) -> Point:
    title = _("Changes waiting for the window")
    pending = seen.database.pending
    if not seen.database.pending_told:
        measure = Measure(title=title, shown="", verdict=Verdict.UNKNOWN)
        return Point(measure, _("AWS does not say whether changes wait for the maintenance window."))
    if not pending:
        return Point(Measure(title=title, shown=_("none"), verdict=Verdict.NORMAL, value=0))
    words = [_("{title} → {value}").format(title=each.title, value=each.value) for each in pending]
    outage = any(each.outage for each in pending)
    note = _("interrupts the database") if outage else ""
    measure = Measure(
        title=title, shown=listed(words), verdict=Verdict.ATTENTION, value=float(len(pending)), note=note
    )
    if seen.coming is None:
        text = _("Waiting for a maintenance window: {changes}.")
        if outage:
            text = _("Waiting for a maintenance window, with an interruption: {changes}.")
    elif outage:
        text = _("Waiting for the maintenance window of {window}, with an interruption: {changes}.")
    else:
        text = _("Waiting for the maintenance window of {window}: {changes}.")
    tip = _("Applying anything at once applies these changes too.")
    return Point(measure, text.format(window=seen.stamp(seen.coming), changes=listed(words)), (tip,))


def _clashes(seen: Maintenance) -> Iterator[Point]:
    if not seen.clashes:
        return
    names = [
        _("{title} (if planned)").format(title=slot.title) if slot.if_planned else str(slot.title)
        for slot in seen.clashes
    ]
    measure = Measure(
        title=_("Duties in the next window"),
        shown=listed(names),
        allowed=_("none"),
        verdict=Verdict.ATTENTION,
    )
    text = _("At the same time as the maintenance window of {window}: {duties}.")
    tip = _("Hold no deployment in a window in which the database may restart; move one of the two.")
    yield Point(measure, text.format(window=seen.stamp(seen.coming), duties=listed(names)), (tip,))


def _certificate(seen: Maintenance) -> Point:
    title = _("Server certificate")
    allowed = _("> {days} days").format(days=CERTIFICATE_SOON.days)
    until = seen.database.certificate_until
    if until is None:
        measure = Measure(title=title, shown="", allowed=allowed, verdict=Verdict.UNKNOWN)
        return Point(measure, _("AWS does not say until when the server certificate is valid."))
    left = until - seen.now
    verdict = Verdict.ATTENTION if left <= CERTIFICATE_SOON else Verdict.NORMAL
    if left <= CERTIFICATE_URGENT:
        verdict = Verdict.ABNORMAL
    days = left // timedelta(days=1)
    measure = Measure(
        title=title,
        shown=_("until {at}").format(at=seen.stamp(until)),
        allowed=allowed,
        verdict=verdict,
        value=float(days),
        unit="d",
        at=until,
        note=str(seen.database.certificate),
    )
    text = plural(
        "The server certificate ends in {count} day ({at}).",
        "The server certificate ends in {count} days ({at}).",
        days,
    )
    if left <= timedelta(0):
        text = _("The server certificate has ended ({at}).")
    tip = _("Renew the server certificate, and see that every client trusts its authority first.")
    return Point(measure, text.format(count=days, at=seen.stamp(until)), (tip,))
