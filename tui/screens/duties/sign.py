"""The dialogs that sign a duty off or skip it: what is signed and how it will be recorded, then the note."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from textual.content import Content
from textual.widget import Widget

from services.duties.service import NotNow
from services.duties.states import by_time
from services.i18n import N_, _, plural
from services.inspections.running import entries
from services.journal.errors import AlreadyRecorded
from services.models.duties import Occurrence, OccurrenceState, ScheduledOccurrence
from services.models.findings import DutyFindings, Recorded
from tui.screens.common.already_recorded import signed_first, was_first
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from tui.screens.common.writing_dialog import NotTaken, WritingDialog
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose
from widgets.drawing.ticker import every_second
from widgets.duties.wording import state_style, when, zone_name
from widgets.findings.wording import verdict_spans
from widgets.inputs.checklist import Checklist

_RECORDED = {
    OccurrenceState.UPCOMING: N_("due {due}, signed off now {now} {zone} — recorded as early"),
    OccurrenceState.LATE: N_("due {due}, signed off now {now} {zone} — recorded as late"),
    OccurrenceState.MISSED: N_(
        "due {due}, signed off now {now} {zone} — recorded as signed off after missed"
    ),
}
"""How a sign-off outside the due time will be recorded, shown before it is made."""


class _RecordScreen(WritingDialog):
    """Records something about the occurrence under the cursor when the key was pressed.

    Keys are accepted only once its title could be read; keys typed ahead are dropped.
    """

    AUTO_FOCUS = ""

    def __init__(self, occurrence: Occurrence) -> None:
        super().__init__()
        self.occurrence = occurrence
        self.guard = TypeAheadGuard(self, self._begin)
        self.field.can_focus = False
        self._about = Prose(classes="about")

    def about(self) -> Iterable[Widget]:
        """Yield the description of the occurrence."""
        self._tick()
        yield self._about

    def on_mount(self) -> None:
        """Keep the description up to date while the note is written."""
        self.guard.hold()
        every_second(self, self._tick)

    def accepts_enter(self) -> bool:
        """Whether keys are accepted; those typed ahead are not."""
        return self.guard.is_open

    def _begin(self) -> None:
        self.field.can_focus = True
        self.field.focus()

    async def write(self, text: str) -> str:
        """Record it and return the message to show, also if somebody was first. Raises JournalError, NotTaken."""
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
        """Record it and return the message to show. Raises JournalError, AlreadyRecorded, NotNow."""
        raise NotImplementedError

    def words(self, occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
        """Return the description of the occurrence as of `now`."""
        raise NotImplementedError

    def _tick(self) -> None:
        occurrence = self.app.ready.duties.now(self.occurrence.slot)
        self._about.show(self.words(occurrence, self.app.zone, self.app.now()))


class SignScreen(_RecordScreen):
    """Signs an occurrence off and accepts its findings as they are; the note may be empty.

    A manual duty has a checklist to tick and evidence to fill in; lines that are not ticked require a note.
    """

    def __init__(self, occurrence: Occurrence) -> None:
        super().__init__(occurrence)
        duty = self.app.ready.duties.duty(occurrence)
        manual = duty is not None and (duty.checklist or bool(duty.evidence) or not duty.inspections)
        self.checklist = Checklist(duty.asks, duty.evidence) if duty is not None and manual else None
        self._accepted: tuple[Recorded, ...] = ()

    def about(self) -> Iterable[Widget]:
        """Yield the description and the checklist."""
        yield from super().about()
        if self.checklist is not None:
            yield self.checklist

    def _begin(self) -> None:
        super()._begin()
        if self.checklist is not None and self.checklist.boxes:
            self.checklist.boxes[0].focus()

    def heading(self) -> str:
        """Return the window's title."""
        return _("Sign off")

    def placeholder(self) -> str:
        """Return the prompt for the note, which is optional."""
        return _("Note (optional)")

    def keys(self) -> str:
        """Return the key hints; in a checklist, Enter moves on until the note is reached."""
        if self.checklist is None:
            return super().keys()
        return _("Space ticks · ⏎ continues, records in the note · Esc closes")

    def words(self, occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
        """Return title, due time, how the sign-off will be recorded, and the findings that it accepts."""
        summary = signing_words(occurrence, zone, now)
        findings = self.app.ready.scheduler.of(occurrence.slot)
        if findings is None or occurrence.signed is not None:
            return summary
        # The sign-off accepts exactly the findings on screen when Enter was pressed.
        self._accepted = findings.recorded
        return Content("\n").join([summary, *accepting_words(findings)])

    def refused(self, text: str) -> str:
        """Refuse missing or invalid evidence, and unticked lines without a note."""
        if self.checklist is None:
            return ""
        if missing := self.checklist.missing():
            return _("Still to be filled in: {names}").format(names=_(", ").join(missing))
        if wrong := self.checklist.not_numbers():
            return _("Must be a number: {names}").format(names=_(", ").join(wrong))
        unticked = self.checklist.unticked()
        if unticked and not text:
            words = plural(
                "{count} line is not ticked: say why in the note.",
                "{count} lines are not ticked: say why in the note.",
                unticked,
            )
            return words.format(count=unticked)
        return ""

    def unsaved(self) -> str:
        """Return what closing would lose: the note, the ticks and the evidence."""
        ticked = self.checklist.written if self.checklist is not None else ""
        return "\n".join(part for part in (super().unsaved(), ticked) if part)

    async def record(self, text: str) -> str:
        """Record the sign-off. Raises JournalError, AlreadyRecorded, NotNow."""
        more: dict[str, object] = {}
        if self.app.ready.scheduler.inspections_of(self.occurrence.slot):
            more["findings"] = entries.signed(self._accepted)
        if self.checklist is not None:
            more |= {"checked": list(self.checklist.ticked()), "evidence": self.checklist.evidence()}
        await self.app.ready.duties.sign(self.occurrence, text, more=more)
        return _("{title} is signed off").format(title=self.occurrence.slot.title)


class SkipScreen(_RecordScreen):
    """Skips an occurrence; a reason is required."""

    def heading(self) -> str:
        """Return the window's title."""
        return _("Skip")

    def placeholder(self) -> str:
        """Return the prompt for the reason."""
        return _("Reason for skipping")

    def words(self, occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
        """Return title, due time, and the warning that it counts as not done."""
        warning = _("It is recorded as not done; this cannot be undone.")
        return Content("\n").join([_head(occurrence, zone, now), Content.styled(warning, ROLES["caution"])])

    def refused(self, text: str) -> str:
        """Refuse an empty reason."""
        return "" if text else _("A reason is required to skip a duty.")

    async def record(self, text: str) -> str:
        """Record the skip. Raises JournalError, AlreadyRecorded."""
        await self.app.ready.duties.skip(self.occurrence, text)
        return _("{title} was skipped").format(title=self.occurrence.slot.title)


def accepting_words(findings: DutyFindings) -> Iterable[Content]:
    """Yield the findings that a sign-off accepts, with warnings for missing and abnormal ones."""
    for recorded in findings.recorded:
        spans = verdict_spans(recorded.finding, muted=recorded.overruled is not None)
        yield Content.assemble(
            *((text, ROLES[role] if role else "") for text, role in spans),
            f"  {recorded.finding.title}  ",
            (recorded.finding.summary, ROLES["muted"]),
        )
        if recorded.overruled is not None:
            yield Content.styled(
                "  " + _("overridden by {name}").format(name=recorded.overruled.by), ROLES["caution"]
            )
    missing = len(findings.expected) - len(findings.recorded)
    if missing:
        words = plural(
            "{count} inspection has no finding yet: if signed off now, it will not be run",
            "{count} inspections have no finding yet: if signed off now, they will not be run",
            missing,
        )
        yield Content.styled(words.format(count=missing), ROLES["caution"])
    abnormal = [each for each in findings.recorded if not each.settled]
    if abnormal:
        words = plural(
            "{count} finding is not normal; signing off accepts it as it is",
            "{count} findings are not normal; signing off accepts them as they are",
            len(abnormal),
        )
        yield Content.styled(words.format(count=len(abnormal)), ROLES["caution"])


def signing_words(occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
    """Return what is being signed off, with the due time and the present time if they differ."""
    lines = [_head(occurrence, zone, now)]
    state = by_time(occurrence.slot, now)
    words = _RECORDED.get(state)
    if words is not None and occurrence.signed is None:
        day = now.astimezone(zone).date()
        remark = _(words).format(
            due=when(occurrence.slot, zone, day),
            now=f"{now.astimezone(zone):%H:%M}",
            zone=zone_name(zone, now),
        )
        late = state is not OccurrenceState.UPCOMING
        lines.append(Content.styled(remark, ROLES["caution"] if late else ROLES["muted"]))
    return Content("\n").join(lines)


def _head(occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
    state, day = state_style(occurrence), now.astimezone(zone).date()
    title = Content.styled(occurrence.slot.title, ROLES["title"])
    if occurrence.signed is not None:
        first = signed_first(occurrence.signed, zone, now)
        return Content("\n").join([title, Content.styled(first, ROLES["caution"])])
    due = when(occurrence.slot, zone, day)
    if occurrence.slot.timed and occurrence.slot.until == occurrence.slot.day:
        due = f"{due} {zone_name(zone, now)}"
    state_text = Content.styled(state.text, ROLES[state.role] if state.role else "")
    return Content("\n").join([title, Content.assemble(due, "  ", state_text)])


def why_not(occurrence: Occurrence, zone: tzinfo, now: datetime) -> str:
    """Return why an occurrence that cannot be signed off now cannot be."""
    if occurrence.signed is not None:
        return signed_first(occurrence.signed, zone, now)
    if occurrence.state is OccurrenceState.UNPLANNED:
        return _("it is not planned; it can be signed off once it is planned")
    return _("it can be signed off from {day} on").format(day=_day(occurrence.slot, zone, now))


def _day(slot: ScheduledOccurrence, zone: tzinfo, now: datetime) -> str:
    return when(slot, zone, now.astimezone(zone).date())
