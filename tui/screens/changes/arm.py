"""Arming: allows writing for a limited time, with a reason that is recorded first."""

from datetime import timedelta

from textual import on, work
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from services.aws.client.errors import AwsError
from services.i18n import _, sentences
from services.journal.errors import JournalError
from services.models.problem import Problem
from tui.console import Console
from tui.screens.common.environment_dialog import PlacedDialog
from widgets.frame.panel import words_of

LONGEST = 60
"""Maximum minutes of one arming."""


def arm_or_disarm(app: Console) -> None:
    """Ask for a reason and arm; if already armed, return to read-only at once."""
    if app.services is None or isinstance(app.screen, ArmScreen):
        return
    if app.ready.engine.permits.armed is not None:
        app.run_worker(_disarm(app), group="disarm")
    else:
        app.push_screen(ArmScreen())


async def _disarm(app: Console) -> None:
    try:
        await app.ready.engine.disarm(_("by the operator"))
    except JournalError as error:
        summary = _("Read-only again, but that was not recorded.")
        app.inform(f"{summary} {error.problem.summary}", severity="warning")
    else:
        app.inform(_("Read-only again: nothing can be sent."))
    _refresh(app)


def _refresh(app: Console) -> None:
    """Update the header, which is drawn with the runs."""
    app.mutate_reactive(Console.runs)


class ArmScreen(PlacedDialog[bool]):
    """Returns True once it is armed."""

    DEFAULT_CSS = """
    ArmScreen > #window {
        & .arm-words { height: auto; margin-bottom: 1; }
        & HorizontalGroup { height: 1; }
        & .arm-label { width: auto; min-width: 12; padding-right: 1; color: $text-muted; }
        & Input { height: 1; border: none; padding: 0 1; background: $boost; }
        & Input:focus { background: $primary-muted; }
        & #reason { width: 1fr; }
        & #minutes { width: 8; }
        & #say { height: auto; margin-top: 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.refused = _refusal(self.app)
        self.arming = False

    def compose(self) -> ComposeResult:
        """The explanation, the reason, the duration."""
        with Vertical(id="window") as window:
            window.border_title = Content(_("Allow changes"))
            yield self.environment_row()
            if self.refused:
                yield Static(_lines(self.refused, "bold $text-error"), classes="arm-words")
                yield Static(Content.styled(_("Esc closes this window."), "$text-muted"))
                return
            yield Static(_lines(_meaning(), ""), classes="arm-words")
            with HorizontalGroup():
                yield Static(Content(_("reason")), classes="arm-label")
                reason = Input(
                    id="reason",
                    compact=True,
                    max_length=200,
                    placeholder=_("Reason for the changes, and who approved them"),
                )
                reason.cursor_blink = False
                yield reason
            with HorizontalGroup():
                yield Static(Content(_("minutes")), classes="arm-label")
                value = str(min(LONGEST, self.app.config.arm_minutes))
                minutes = Input(value, id="minutes", compact=True, restrict=r"\d{0,3}", select_on_focus=True)
                minutes.cursor_blink = False
                yield minutes
                yield Static(Content(_("1 to {most}").format(most=LONGEST)), classes="arm-label")
            yield Static(Content(_("⏎ allows changes; Esc leaves everything read-only.")), id="say")

    def first(self) -> Widget | None:
        """The field for the reason."""
        return None if self.refused else self.query_one("#reason", Input)

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Arm if both fields are filled."""
        event.stop()
        reason = self.query_one("#reason", Input).value.strip()
        text = self.query_one("#minutes", Input).value
        minutes = int(text) if text.isdecimal() else 0
        if not reason:
            self._say(_("A reason is required to allow changes."))
            self.query_one("#reason", Input).focus()
        elif not 1 <= minutes <= LONGEST:
            self._say(_("The time must be from 1 to {most} minutes.").format(most=LONGEST))
            self.query_one("#minutes", Input).focus()
        elif not self.arming:
            self.arming = True
            self.arm(reason, minutes)

    async def action_dismiss(self, result: bool | None = None) -> None:
        """Refuse while the arming is being recorded: the journal would contain an arming without effect."""
        if not self.arming:
            await super().action_dismiss(result)

    @work(group="arm")
    async def arm(self, reason: str, minutes: int) -> None:
        """Record it, then allow writing."""
        try:
            await self.app.ready.engine.arm(reason, timedelta(minutes=minutes))
        except (AwsError, JournalError) as error:
            self.arming = False
            self._say(sentences(*words_of(error.problem)))
            return
        _refresh(self.app)
        self.app.inform(_("Changes are allowed for {minutes} minutes.").format(minutes=minutes))
        self.dismiss(True)

    def _say(self, words: str) -> None:
        self.query_one("#say", Static).update(Content.styled(words, "bold $text-error"))


def _refusal(app: Console) -> tuple[str, ...]:
    """Why the console cannot be armed; () if it can."""
    services = app.ready
    if services.engine.permits.read_only:
        return (
            _("This console is configured read-only (read_only = true): changes cannot be allowed."),
            _("Operators who may make changes start Toban with a configuration of their own."),
        )
    health = services.journal.health
    if not health.writable:
        why: Problem | None = health.problem
        first = _("The journal cannot be written. Without a journal there are no changes.")
        return (first, *(words_of(why) if why is not None else ()))
    return ()


def _meaning() -> tuple[str, ...]:
    return (
        _("For a limited time, changes that you confirm are sent to AWS."),
        _("Each change still shows its plan and asks for its own confirmation."),
        _("F9 ends it at any time; it ends automatically when the time is up."),
    )


def _lines(sentences: tuple[str, ...], style: str) -> Content:
    return Content("\n").join([Content.styled(sentence, style) for sentence in sentences])
