"""Signing a duty off, and leaving one out: what is signed and how it will be recorded, then the note."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from textual.content import Content
from textual.widget import Widget

from services.duties.service import NotNow
from services.duties.states import by_time
from services.i18n import N_, _, plural
from services.inspections.running import entries as drafts
from services.journal.errors import AlreadyRecorded
from services.models.duties import Occurrence, OccurrenceState, ScheduledOccurrence
from services.models.findings import DutyFindings, Recorded
from tui.screens.common.already_recorded import signed_first, was_first
from tui.screens.common.guard import TypeAheadGuard
from tui.screens.common.writing_dialog import NotTaken, WritingDialog
from widgets.inputs.checklist import Checklist
from widgets.duties.wording import look, when, zone_name
from widgets.findings.wording import verdict_spans
from widgets.drawing.ticker import every_second
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose

_RECORDED = {
    OccurrenceState.UPCOMING: N_("due {due}, signed now {now} {zone} — recorded as early"),
    OccurrenceState.LATE: N_("due {due}, signed now {now} {zone} — recorded as late"),
    OccurrenceState.MISSED: N_("due {due}, signed now {now} {zone} — recorded as signed after missed"),
}
"""What a signature out of its time says of itself, before it is given."""


class _RecordScreen(WritingDialog):
    """About one occurrence, the one that was meant when the key was pressed.

    Keys count only once its title could be read; what was typed ahead is dropped.
    """

    AUTO_FOCUS = ""

    def __init__(self, occurrence: Occurrence) -> None:
        super().__init__()
        self.occurrence = occurrence
        self.guard = TypeAheadGuard(self, self._begin)
        self.field.can_focus = False
        self._about = Prose(classes="about")

    def about(self) -> Iterable[Widget]:
        """What it is about."""
        self._tick()
        yield self._about

    def on_mount(self) -> None:
        """The time goes on while the note is written."""
        self.guard.hold()
        every_second(self, self._tick)

    def hears(self) -> bool:
        """Not what was typed ahead."""
        return self.guard.is_open

    def _begin(self) -> None:
        self.field.can_focus = True
        self.field.focus()

    async def write(self, text: str) -> str:
        """Record it; who was first where somebody was. Raises JournalError, NotTaken."""
        try:
            return await self.record(text)
        except AlreadyRecorded as error:
            first = was_first(error.entry, self.app.zone, self.app.now())
            if text:
                raise NotTaken(_("{first}; your note was not recorded.").format(first=first)) from error
            return first
        except NotNow as error:
            return why_not(error.occurrence, self.app.zone, self.app.now())

    async def record(self, text: str) -> str:
        """Record it; what to say then. Raises JournalError, AlreadyRecorded, NotNow."""
        raise NotImplementedError

    def words(self, occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
        """What it is about, at this moment."""
        raise NotImplementedError

    def _tick(self) -> None:
        standing = self.app.ready.duties.now(self.occurrence.slot)
        self._about.say(self.words(standing, self.app.zone, self.app.now()))


class SignScreen(_RecordScreen):
    """Signs an occurrence off, its findings accepted as they stand; the note may be empty.

    A duty that a person does has its lines to tick and its fields to fill; what is not ticked needs a note.
    """

    def __init__(self, occurrence: Occurrence) -> None:
        super().__init__(occurrence)
        duty = self.app.ready.duties.duty(occurrence)
        manual = duty is not None and (duty.checklist or bool(duty.evidence) or not duty.inspections)
        self.checklist = Checklist(duty.asks, duty.evidence) if duty is not None and manual else None
        self._seen: tuple[Recorded, ...] = ()

    def about(self) -> Iterable[Widget]:
        """What it is about; what is to be ticked."""
        yield from super().about()
        if self.checklist is not None:
            yield self.checklist

    def _begin(self) -> None:
        super()._begin()
        if self.checklist is not None and self.checklist.boxes:
            self.checklist.boxes[0].focus()

    def heading(self) -> str:
        """The window's title."""
        return _("Sign off")

    def placeholder(self) -> str:
        """The note may be left out."""
        return _("Note (optional)")

    def keys(self) -> str:
        """With lines to tick, enter goes on until the note."""
        if self.checklist is None:
            return super().keys()
        return _("Space ticks · Enter continues, records in the note · Esc closes")

    def words(self, occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
        """Title, due at, how the signature will be recorded, and what it is given for."""
        said = signing_words(occurrence, zone, now)
        found = self.app.ready.rounds.of(occurrence.slot)
        if found is None or occurrence.signed is not None:
            return said
        # What is accepted is what was on screen when enter was pressed.
        self._seen = found.recorded
        return Content("\n").join([said, *accepting_words(found)])

    def refused(self, text: str) -> str:
        """What must be filled is; what was not done is explained."""
        if self.checklist is None:
            return ""
        if missing := self.checklist.missing():
            return _("Still to be filled in: {names}").format(names=_(", ").join(missing))
        if wrong := self.checklist.not_numbers():
            return _("Must be a number: {names}").format(names=_(", ").join(wrong))
        left = self.checklist.unticked()
        if left and not text:
            words = plural(
                "{count} line is not ticked: say why in the note.",
                "{count} lines are not ticked: say why in the note.",
                left,
            )
            return words.format(count=left)
        return ""

    def unsaved(self) -> str:
        """Ticks and fields would be lost as well."""
        ticked = self.checklist.written if self.checklist is not None else ""
        return "\n".join(part for part in (super().unsaved(), ticked) if part)

    async def record(self, text: str) -> str:
        """Sign. Raises JournalError, AlreadyRecorded, NotNow."""
        more: dict[str, object] = {}
        if self.app.ready.rounds.wanted(self.occurrence.slot):
            more["findings"] = drafts.signed(self._seen)
        if self.checklist is not None:
            more |= {"checked": list(self.checklist.ticked()), "evidence": self.checklist.evidence()}
        await self.app.ready.duties.sign(self.occurrence, text, more=more)
        return _("{title} is signed off").format(title=self.occurrence.slot.title)


class SkipScreen(_RecordScreen):
    """Leaves an occurrence out; the reason is asked for."""

    def heading(self) -> str:
        """The window's title."""
        return _("Skip")

    def placeholder(self) -> str:
        """The reason must be given."""
        return _("Reason for skipping")

    def words(self, occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
        """Title, due at, and that it counts as not done."""
        warning = _("It will not be done, and this cannot be undone.")
        return Content("\n").join([_head(occurrence, zone, now), Content.styled(warning, ROLES["caution"])])

    def refused(self, text: str) -> str:
        """No reason, no leaving out."""
        return "" if text else _("A reason is required to skip a duty.")

    async def record(self, text: str) -> str:
        """Leave it out. Raises JournalError, AlreadyRecorded."""
        await self.app.ready.duties.skip(self.occurrence, text)
        return _("{title} was skipped").format(title=self.occurrence.slot.title)


def accepting_words(found: DutyFindings) -> Iterable[Content]:
    """Each finding that the signature accepts; what is missing is said plainly."""
    for each in found.recorded:
        spans = verdict_spans(each.finding, muted=each.overruled is not None)
        yield Content.assemble(
            *((text, ROLES[role] if role else "") for text, role in spans),
            f"  {each.finding.title}  ",
            (each.finding.summary, ROLES["muted"]),
        )
        if each.overruled is not None:
            yield Content.styled(
                "  " + _("overridden by {name}").format(name=each.overruled.by), ROLES["caution"]
            )
    missing = len(found.expected) - len(found.recorded)
    if missing:
        words = plural(
            "{count} inspection has no finding yet: if signed off now, it will not be run",
            "{count} inspections have no finding yet: if signed off now, they will not be run",
            missing,
        )
        yield Content.styled(words.format(count=missing), ROLES["caution"])
    bad = [each for each in found.recorded if not each.settled]
    if bad:
        words = plural(
            "{count} finding is not normal; signing off accepts it as it is",
            "{count} findings are not normal; signing off accepts them as they are",
            len(bad),
        )
        yield Content.styled(words.format(count=len(bad)), ROLES["caution"])


def signing_words(occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
    """What is being signed; both times, said plainly, when it is not signed in time."""
    lines = [_head(occurrence, zone, now)]
    was = by_time(occurrence.slot, now)
    words = _RECORDED.get(was)
    if words is not None and occurrence.signed is None:
        day = now.astimezone(zone).date()
        said = _(words).format(
            due=when(occurrence.slot, zone, day),
            now=f"{now.astimezone(zone):%H:%M}",
            zone=zone_name(zone, now),
        )
        late = was is not OccurrenceState.UPCOMING
        lines.append(Content.styled(said, ROLES["caution"] if late else ROLES["muted"]))
    return Content("\n").join(lines)


def _head(occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
    shown, day = look(occurrence), now.astimezone(zone).date()
    title = Content.styled(occurrence.slot.title, ROLES["title"])
    if occurrence.signed is not None:
        first = signed_first(occurrence.signed, zone, now)
        return Content("\n").join([title, Content.styled(first, ROLES["caution"])])
    due = when(occurrence.slot, zone, day)
    if occurrence.slot.timed and occurrence.slot.until == occurrence.slot.day:
        due = f"{due} {zone_name(zone, now)}"
    state = Content.styled(shown.text, ROLES[shown.role] if shown.role else "")
    return Content("\n").join([title, Content.assemble(due, "  ", state)])


def why_not(occurrence: Occurrence, zone: tzinfo, now: datetime) -> str:
    """Why it cannot be signed now; "" where it can."""
    if occurrence.signed is not None:
        return signed_first(occurrence.signed, zone, now)
    if occurrence.state is OccurrenceState.UNPLANNED:
        return _("it is not planned; it can be signed off once it is planned")
    return _("it can be signed off from {day} on").format(day=_day(occurrence.slot, zone, now))


def _day(slot: ScheduledOccurrence, zone: tzinfo, now: datetime) -> str:
    return when(slot, zone, now.astimezone(zone).date())
