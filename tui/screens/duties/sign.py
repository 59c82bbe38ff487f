from collections.abc import Iterable
from datetime import datetime, tzinfo

from textual import on
from textual.content import Content
from textual.widget import Widget

from services.duties.service import NotNow
from services.i18n import N_, _, plural
from services.inspections.running import entries
from services.journal.errors import AlreadyRecorded
from services.models.duties import Occurrence
from services.models.findings import Recorded
from tui.screens.common.already_recorded import was_first
from tui.screens.common.follow_ups import FollowUpField
from tui.screens.common.writing_dialog import NotTaken, WritingDialog
from tui.screens.duties.duty_screen_wording import (
    accepting_words,
    effect_words,
    head_words,
    proposed_note,
    signing_words,
    why_not,
)
from tui.screens.duties.follow_up import leave, offered_for, today_of
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose
from widgets.drawing.ticker import every_second
from widgets.duties.duty_wording import clock_of
from widgets.inputs.checklist import Checklist, Tick
from widgets.inputs.note_field import NoteField


class _RecordScreen(WritingDialog):
    """Records something about the occurrence under the cursor when the key was pressed."""

    def __init__(self, occurrence: Occurrence) -> None:
        super().__init__()
        self.occurrence = occurrence
        self._about = Prose(classes="about")

    def about(self) -> Iterable[Widget]:
        self._tick()
        yield self._about

    def on_mount(self) -> None:
        every_second(self, self._tick)

    async def write(self, text: str) -> str:
        try:
            return await self.record(text)
        except AlreadyRecorded as error:
            first = was_first(error.entry, self.app.zone, self.app.now(), self.app.ready.journal.shared_host)
            if text:
                raise NotTaken(_("{first}; your note was not recorded.", first=first)) from error
            return first
        except NotNow as error:
            return why_not(error.occurrence, self.app.zone, self.app.now())

    async def record(self, text: str) -> str:
        """Record it and return the message to show. Raises JournalError, AlreadyRecorded, NotNow."""
        raise NotImplementedError

    def words(self, occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
        raise NotImplementedError

    def _tick(self) -> None:
        occurrence = self.app.ready.duties.now(self.occurrence.slot)
        self._about.show(self.words(occurrence, self.app.zone, self.app.now()))


class SignScreen(_RecordScreen):
    """Signs an occurrence off and accepts its findings as they are; the note may be empty. A manual duty has
    a checklist to tick and evidence to fill in. While something of it is missing, Enter records how far it is
    and leaves the duty open, unless the person chooses to sign it off with lines left open, and says why."""

    HEADING = N_("Sign off")
    PROMPT = N_("Note (optional)")
    DEFAULT_CSS = """
    SignScreen { & #effect { margin-bottom: 1; } & #window { overflow-y: auto; scrollbar-size-vertical: 1; } }
    """

    def __init__(self, occurrence: Occurrence) -> None:
        super().__init__(occurrence)
        duty = self.app.ready.duties.duty(occurrence)
        manual = duty is not None and (duty.is_manual or not duty.inspections)
        self.checklist = (
            Checklist(duty.asks, duty.evidence, occurrence.progress, self._clock_of)
            if duty is not None and manual
            else None
        )
        self.effect = Prose(id="effect")
        self._accepted: tuple[Recorded, ...] = ()
        findings = self.app.ready.scheduler.of(occurrence.slot)
        self._proposed = proposed_note(findings)
        self.follow_up = FollowUpField(offered_for(self.app, findings.recorded if findings else ()))

    def _clock_of(self, at: datetime) -> str:
        return clock_of(at, self.app.zone, self.app.now().astimezone(self.app.zone).date())

    def about(self) -> Iterable[Widget]:
        yield from super().about()
        if self.checklist is not None:
            yield self.checklist
            yield self.effect

    def below(self) -> Iterable[Widget]:
        yield self.follow_up

    def on_mount(self) -> None:
        if self._proposed:
            self.field.text = self._proposed
            self.field.move_cursor(self.field.document.end)
        self.watch(self.app, "duties", self._progressed)

    def _progressed(self) -> None:
        if self.checklist is None:
            return
        before = self.checklist.ticked(), self.checklist.evidence()
        self.checklist.take(self.app.ready.duties.now(self.occurrence.slot).progress)
        if (self.checklist.ticked(), self.checklist.evidence()) != before:
            self._hold()

    def _tick(self) -> None:
        before = self._accepted
        super()._tick()
        if self._accepted != before:
            self._hold()

    def _hold(self) -> None:
        """Drop the Enter of this moment: it was meant for what was on screen before."""
        if self.is_mounted:
            self.guard.hold()

    def first(self) -> Widget:
        boxes = self.checklist.boxes if self.checklist is not None else ()
        return next((box for box in boxes if not box.value), boxes[0] if boxes else self.field)

    @on(Tick.Typed)
    def _typed(self, message: Tick.Typed) -> None:
        message.stop()
        self.field.focus()
        self.field.insert(message.text)

    @on(NoteField.Left)
    def _left(self) -> None:
        if self.checklist is not None or self.focused is self.follow_up:
            self.focus_previous()

    @on(Checklist.Changed)
    def _changed_list(self) -> None:
        if self.checklist is not None:
            self.effect.show(effect_words(self.checklist))

    def keys(self) -> str:
        if self.checklist is None:
            return _("⏎ records · Tab follow-up · ^j new line · Esc closes")
        return _("Space ticks · ↑ ↓ move · ⏎ next, or records the note · Esc closes")

    def words(self, occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
        summary, findings = signing_words(occurrence, zone, now), self.app.ready.scheduler.of(occurrence.slot)
        if findings is None or occurrence.signed is not None:
            return summary
        # The sign-off accepts exactly the findings on screen when Enter was pressed.
        self._accepted = findings.recorded
        return Content("\n").join([summary, *accepting_words(findings, self.app.overview, zone, now)])

    @property
    def _is_progress(self) -> bool:
        checklist = self.checklist
        if checklist is None:
            return False
        return bool(checklist.missing()) or (bool(checklist.unticked()) and not checklist.leave_open.value)

    def refused(self, text: str) -> str:
        checklist = self.checklist
        _rows, unreadable = self.follow_up.read(today_of(self.app), self.app.zone)
        if checklist is None or unreadable:
            return unreadable
        if wrong := checklist.not_numbers():
            return _("Must be a number: {names}", names=_(", ").join(wrong))
        if self._is_progress:
            if checklist.leave_open.value:
                missing = _(", ").join(checklist.missing())
                return _("Still to be filled in: {names}", names=missing)
            # A note alone is progress too: it says why nothing could be done.
            return "" if text or checklist.written else _("Nothing is ticked yet: tick what is done.")
        if checklist.unticked() and not text:
            return plural(
                "{count} line is left open: say why in the note.",
                "{count} lines are left open: say why in the note.",
                checklist.unticked(),
                count=checklist.unticked(),
            )
        return ""

    def unsaved(self) -> str:
        """Return what closing would lose: the note unless it is the proposed one, the ticks and the evidence."""
        ticked = self.checklist.written if self.checklist is not None else ""
        note = super().unsaved()
        own = "" if note == self._proposed else note
        return "\n".join(filter(None, (own, ticked, self.follow_up.written)))

    async def record(self, text: str) -> str:
        duties, title = self.app.ready.duties, self.occurrence.slot.title
        if self.checklist is not None and self._is_progress:
            change = self.checklist.change.model_copy(update={"note": text})
            await duties.record_progress(self.occurrence, change)
            total = len(self.checklist.boxes)
            words = _("{title} is under way: {done} of {total} ticked").format(
                title=title, done=total - self.checklist.unticked(), total=total
            )
            return await self._with_follow_ups(words)
        more: dict[str, object] = {}
        if self.app.ready.scheduler.inspections_of(self.occurrence.slot):
            more["findings"] = entries.signed(self._accepted)
        if self.checklist is not None:
            more |= {"checked": list(self.checklist.ticked()), "evidence": self.checklist.evidence()}
        await duties.sign(self.occurrence, text, more=more)
        return await self._with_follow_ups(_("{title} is signed off", title=title))

    async def _with_follow_ups(self, words: str) -> str:
        rows, slot = self.follow_up.read(today_of(self.app), self.app.zone)[0], self.occurrence.slot
        return _("; ").join(filter(None, (words, await leave(self.app, slot.key, slot.duty, rows))))


class SkipScreen(_RecordScreen):
    HEADING = N_("Skip")
    PROMPT = N_("Reason for skipping")

    def words(self, occurrence: Occurrence, zone: tzinfo, now: datetime) -> Content:
        warning = _("It is recorded as not done; this cannot be undone.")
        return Content("\n").join(
            [head_words(occurrence, zone, now), Content.styled(warning, ROLES["caution"])]
        )

    def refused(self, text: str) -> str:
        return "" if text else _("A reason is required to skip a duty.")

    async def record(self, text: str) -> str:
        await self.app.ready.duties.skip(self.occurrence, text)
        return _("{title} was skipped", title=self.occurrence.slot.title)
