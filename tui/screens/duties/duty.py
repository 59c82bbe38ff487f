"""One duty, whole, over the screen it was opened from."""

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.getters import app as app_getter

from services.i18n import _
from services.models.duties import Occurrence
from tui.console import Console
from tui.commands import bindings
from tui.screens.duties import duty_actions
from tui.screens.common.dialog import Dialog
from tui.screens.duties.finding import FindingScreen
from tui.screens.duties.finding_actions import no_look, titles
from widgets.duties.detail import DutyDetail
from widgets.findings.list import FindingList
from widgets.frame.key_bar import KeyBar

_KEYS = ("duty-sign", "duty-look", "duty-skip", "duty-plan")


class DutyScreen(Dialog[None]):
    """Follows the occurrence while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        replace(each, show=True) for each in bindings("inspect") if each.id in _KEYS
    ]
    DEFAULT_CSS = """
    DutyScreen {
        & #window { max-width: 110; }
        & FindingList { margin-bottom: 1; }
        & DutyDetail { height: auto; max-height: 100%; }
    }
    """

    app = app_getter(Console)

    def __init__(self, occurrence: Occurrence) -> None:
        super().__init__()
        self.occurrence = occurrence
        named = titles(self.app.ready.runbook)
        self.findings = FindingList(self.app.zone, titles=named)
        self.detail = DutyDetail(self.app.now, self.app.zone, titles=named)

    def compose(self) -> ComposeResult:
        """What was found, the detail, and the keys that work on it."""
        with Vertical(id="window"):
            yield self.findings
            yield self.detail
        yield KeyBar()

    def on_mount(self) -> None:
        """Another console may sign it meanwhile."""
        self.detail.duty = self.app.ready.duties.duty(self.occurrence)
        self.watch(self.app, "duties", self._follow)
        self.watch(self.app, "findings", self._found, init=False)
        self.watch(self.app, "zone", self._zone_changed)
        (self.findings if self.findings.display else self.detail).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Planning only where a plan makes a difference, looking only while it counts; signing tells who was first."""
        slot = self.occurrence.slot
        if action == "look_again":
            return bool(self.app.ready.rounds.wanted(slot)) and not no_look(self.app, slot)
        return self.occurrence.slot.if_planned if action == "plan" else True

    def action_sign(self) -> None:
        """Sign it off."""
        duty_actions.sign(self.app, self.occurrence)

    def action_look_again(self) -> None:
        """Make its looks again now."""
        duty_actions.look_again(self.app, self.occurrence)

    def action_skip(self) -> None:
        """Leave it out."""
        duty_actions.leave_out(self.app, self.occurrence)

    def action_plan(self) -> None:
        """Plan it, or take the plan back."""
        duty_actions.plan(self.app, self.occurrence)

    def _follow(self) -> None:
        self.occurrence = self.app.ready.duties.now(self.occurrence.slot)
        self.detail.occurrence = self.occurrence
        self.refresh_bindings()
        self._found()

    def _found(self) -> None:
        found = self.app.ready.rounds.shown(self.occurrence.slot)
        self.findings.found = found
        self.findings.display = found is not None

    def _zone_changed(self) -> None:
        self.detail.zone = self.findings.zone = self.app.zone

    @on(FindingList.Opened)
    def _opened(self, message: FindingList.Opened) -> None:
        slot = self.occurrence.slot
        if message.recorded is None:
            self.app.say(_("Not inspected yet."))
        else:
            self.app.push_screen(FindingScreen(slot.key, message.recorded, slot))
