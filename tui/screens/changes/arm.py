"""Arming: allows writing for a limited time, with a reason that is recorded first."""

from datetime import timedelta

from textual import on, work
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from services.aws.client.errors import AwsError
from services.aws.client.settings import WriteRole
from services.i18n import _, sentences
from services.journal.errors import JournalError
from services.models.problem import Problem
from tui.console import Console
from tui.screens.common.dialog import window
from tui.screens.common.environment_dialog import PlacedDialog
from widgets.drawing.prose import Prose
from widgets.frame.panel import words_of


def arm_or_disarm(app: Console) -> None:
    if app.services is None or isinstance(app.screen, ArmScreen):
        return
    if app.ready.engine.permits.armed is not None:
        app.run_worker(_disarm(app), group="disarm")
    else:
        app.push_screen(ArmScreen())


async def _disarm(app: Console) -> None:
    services = app.ready
    engine = services.engine
    sent = _("AWS may still accept what was sent before.") if engine.sending else ""
    try:
        await engine.disarm(_("by the operator"))
    except JournalError as error:
        summary = _("Read-only again, but that was not recorded.")
        app.inform_of(services, sentences(summary, error.problem.summary, sent), severity="warning")
    else:
        if sent:
            words = sentences(_("Read-only again: nothing more is sent."), sent)
            app.inform_of(services, words, severity="warning")
        else:
            app.inform_of(services, _("Read-only again: nothing can be sent."))
    _refresh(app)


def _refresh(app: Console) -> None:
    app.mutate_reactive(Console.runs)


class ArmScreen(PlacedDialog[bool]):
    DEFAULT_CSS = """
    ArmScreen > #window {
        & .arm-words { height: auto; margin-bottom: 1; }
        & HorizontalGroup { height: 1; }
        & .arm-label { width: auto; min-width: 12; padding-right: 1; color: $text-muted; }
        & Input { height: 1; border: none; padding: 0 1; background: $boost; }
        & Input:focus { background: $primary-muted; }
        & #reason { width: 1fr; }
        & #minutes { width: 8; }
        & #code { width: 10; }
        & #say { height: auto; margin-top: 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.refused = _refusal(self.app)
        self.arming = False
        engine = self.app.ready.engine
        self.role = engine.arming.role
        self.longest = int(engine.arming.longest.total_seconds() // 60)  # Maximum minutes of one arming

    def compose(self) -> ComposeResult:
        with window(_("Allow changes")):
            yield self.environment_row()
            if self.refused:
                yield Prose(_lines(self.refused, "bold $text-error"), classes="arm-words")
                yield Prose(Content.styled(_("Esc closes this window."), "$text-muted"))
                return
            yield Prose(_lines(_meaning(self.role), ""), classes="arm-words")
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
                value = str(min(self.longest, self.app.config.arm_minutes))
                minutes = Input(value, id="minutes", compact=True, restrict=r"\d{0,3}", select_on_focus=True)
                minutes.cursor_blink = False
                yield minutes
                yield Static(Content(_("1 to {most}", most=self.longest)), classes="arm-label")
            if self._needs_code:
                with HorizontalGroup():
                    yield Static(Content(_("MFA code")), classes="arm-label")
                    code = Input(id="code", compact=True, restrict=r"[0-9]{0,6}", placeholder="123456")
                    code.cursor_blink = False
                    yield code
                    yield Static(Content(_("six digits; a code works once")), classes="arm-label")
            yield Prose(Content(_("⏎ allows changes; Esc leaves everything read-only.")), id="say")

    def first(self) -> Widget | None:
        return None if self.refused else self.query_one("#reason", Input)

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        event.stop()
        reason = self.query_one("#reason", Input).value.strip()
        text = self.query_one("#minutes", Input).value
        minutes = int(text) if text.isdecimal() else 0
        code = self.query_one("#code", Input).value if self._needs_code else ""
        if not reason:
            self._say(_("A reason is required to allow changes."))
            self.query_one("#reason", Input).focus()
        elif not 1 <= minutes <= self.longest:
            self._say(_("The time must be from 1 to {most} minutes.", most=self.longest))
            self.query_one("#minutes", Input).focus()
        elif self._needs_code and len(code) != 6:
            self._say(_("The MFA code has six digits."))
            self.query_one("#code", Input).focus()
        elif not self.arming:
            self.arming = True
            self.arm(reason, minutes, code)

    @property
    def _needs_code(self) -> bool:
        return self.role is not None and bool(self.role.mfa_serial)

    async def action_dismiss(self, result: bool | None = None) -> None:
        """Refuse while the arming is being recorded: the journal would contain an arming without effect."""
        if not self.arming:
            await super().action_dismiss(result)

    @work(group="arm")
    async def arm(self, reason: str, minutes: int, code: str) -> None:
        self.query_one("#say", Prose).update(Content(_("Querying AWS…") if code else _("Recording…")))
        recorded = self.texts()
        try:
            await self.app.ready.engine.arm(reason, timedelta(minutes=minutes), code)
        except (AwsError, JournalError) as error:
            self.arming = False
            self._say(sentences(*words_of(error.problem)))
            if code:
                # It has been used, even if AWS accepted it and the journal did not.
                self.query_one("#code", Input).clear()
                self.query_one("#code", Input).focus()
            return
        _refresh(self.app)
        self.app.inform(_("Changes are allowed for {minutes} minutes.", minutes=minutes))
        self.close_after(recorded, True)

    def _say(self, words: str) -> None:
        self.query_one("#say", Prose).update(Content.styled(words, "bold $text-error"))


def _refusal(app: Console) -> tuple[str, ...]:
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


def _meaning(role: WriteRole | None) -> tuple[str, ...]:
    how = _("Changes are sent with the role {role}, assumed for each change and for nothing else.")
    return (
        *(() if role is None else (how.format(role=role.name),)),
        _("For a limited time, changes that you confirm are sent to AWS."),
        _("Each change still shows its plan and asks for its own confirmation."),
        _("F9 ends it at any time; it ends automatically when the time is up."),
    )


def _lines(sentences: tuple[str, ...], style: str) -> Content:
    return Content("\n").join([Content.styled(sentence, style) for sentence in sentences])
