from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.getters import app as app_getter

from services.i18n import N_, _
from services.models.duties import Occurrence
from tui.commands import bindings
from tui.console import Console
from tui.places import Destination, duty_places
from tui.screens.common.dialog import Dialog
from tui.screens.duties import duty_actions, signing
from tui.screens.duties.finding import FindingScreen
from tui.screens.duties.finding_actions import inspection_titles, why_not_run
from tui.screens.duties.inspected_logs import logs_of_duty
from widgets.duties.detail import DutyDetail
from widgets.findings.list import FindingList
from widgets.frame.key_bar import KeyBar
from widgets.inputs.step_prompt import StepPrompt

_KEYS = ("duty-sign", "duty-look", "duty-skip", "duty-plan")


class DutyScreen(Dialog[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        *(replace(each, show=True) for each in bindings("inspect") if each.id in _KEYS),
        Binding("full_stop", "steps", N_("Steps"), show=True),
        Binding("l", "logs", N_("Logs at that minute"), show=True),
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
        titles = inspection_titles(self.app.ready.runbook)
        self.findings = FindingList(self.app.zone, titles=titles)
        self.prompt = StepPrompt()
        self._destinations: tuple[Destination | None, ...] = ()
        self.detail = DutyDetail(self.app.now, self.app.zone, titles=titles, with_findings=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="window"):
            yield self.findings
            yield self.detail
        yield self.prompt
        yield KeyBar()

    def on_mount(self) -> None:
        self.detail.duty = self.app.ready.duties.duty(self.occurrence)
        self.watch(self.app, "duties", self._follow)
        self.watch(self.app, "findings", self._show_findings, init=False)
        self.watch(self.app, "zone", self._zone_changed)
        self.watch(self.app, "runs", self._show_places)
        (self.findings if self.findings.display else self.detail).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable planning where it has no effect and running while a result would not count. Signing stays
        enabled: if somebody was first, it says who."""
        slot = self.occurrence.slot
        if action == "steps":
            return any(self._destinations)
        if action == "logs":
            return logs_of_duty(self.app, slot) is not None
        if action == "rerun":
            return bool(self.app.ready.scheduler.inspections_of(slot)) and not why_not_run(self.app, slot)
        return self.occurrence.slot.if_planned if action == "plan" else True

    def action_logs(self) -> None:
        """Open the log groups of the duty's inspections side by side; the dialog would lie above them."""
        if (request := logs_of_duty(self.app, self.occurrence.slot)) is not None:
            self.dismiss()
            self.app.post_message(request)

    def action_sign(self) -> None:
        signing.sign(self.app, self.occurrence)

    def action_rerun(self) -> None:
        duty_actions.rerun(self.app, self.occurrence)

    def action_skip(self) -> None:
        duty_actions.skip(self.app, self.occurrence)

    def action_plan(self) -> None:
        duty_actions.plan(self.app, self.occurrence)

    def action_steps(self) -> None:
        self.prompt.open(self.detail.places)

    @on(StepPrompt.Closed)
    def _prompt_closed(self) -> None:
        (self.findings if self.findings.display else self.detail).focus()

    @on(StepPrompt.Chosen)
    def _open_step(self, message: StepPrompt.Chosen) -> None:
        place = self._destinations[message.index] if message.index < len(self._destinations) else None
        if place is not None:
            self.dismiss()
            self.app.post_message(place.request)

    def _show_places(self) -> None:
        self._destinations = duty_places(self.app, self.occurrence)
        self.detail.places = tuple(place.title if place else "" for place in self._destinations)
        self.refresh_bindings()

    def _follow(self) -> None:
        self.occurrence = self.app.ready.duties.now(self.occurrence.slot)
        self.detail.occurrence = self.occurrence
        self.refresh_bindings()
        self._show_findings()

    def _show_findings(self) -> None:
        findings = self.app.ready.scheduler.shown(self.occurrence.slot)
        self.findings.findings = findings
        self.findings.display = findings is not None
        self.detail.findings = findings

    def _zone_changed(self) -> None:
        self.detail.zone = self.findings.zone = self.app.zone

    @on(FindingList.Opened)
    def _opened(self, message: FindingList.Opened) -> None:
        slot = self.occurrence.slot
        if message.recorded is None:
            self.app.inform(_("Not inspected yet."))
        else:
            self.app.push_screen(FindingScreen(slot.key, message.recorded, slot), self._read)

    def _read(self, nothing_left: object) -> None:
        if nothing_left:
            self.dismiss()
