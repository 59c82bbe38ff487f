from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from services.i18n import N_, _
from services.inspections.registry import SIGN_INS
from services.inspections.running.finding_records import ON_DEMAND
from services.models.aws_cli import CommandSheet
from services.models.duties import ScheduledOccurrence
from services.models.findings import Recorded
from services.models.verdict import Verdict
from tui.messages import OpenLogs
from tui.screens.common.command_sheets import finding_sheet
from tui.screens.common.mode_screen import ModeScreen, ScreenPlace
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from tui.screens.duties import finding_actions, signing
from tui.screens.duties.follow_up import FollowUpScreen
from tui.screens.duties.inspected_logs import logs_of
from tui.screens.slack.post import propose_finding
from widgets.findings.evidence import EvidenceTable
from widgets.findings.view import FindingView


class FindingScreen(ModeScreen):
    """Shows the newest finding of one inspection of a slot; an on-demand finding does not change. Returns
    True once nothing is left to sign off."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", N_("Back"), show=True),
        Binding("left_square_bracket", "step(-1)", N_("Previous"), show=True),
        Binding("right_square_bracket", "step(1)", N_("Next"), show=True),
        Binding("s", "sign", N_("Sign off"), show=True),
        Binding("plus", "consent", N_("Agree to the cost"), show=True),
        Binding("r", "rerun", N_("Rerun"), show=True),
        Binding("equals_sign", "override", N_("Override"), show=True),
        Binding("A", "choose_known", N_("Known…"), show=True),
        Binding("p", "propose", N_("Slack"), show=True),
        Binding("at", "leave", N_("Follow-up"), show=True),
        Binding("c", "respond", N_("Respond"), show=True),
        Binding("l", "logs", N_("Logs at that minute"), show=True),
    ]

    def __init__(
        self,
        subject: str,
        recorded: Recorded,
        slot: ScheduledOccurrence | None = None,
        *,
        since: datetime | None = None,
    ) -> None:
        """`since`: the beginning that a person chose for a run on demand, kept when it is run again."""
        super().__init__()
        self._since = since
        self.subject = subject
        self.slot = slot
        self.recorded = recorded
        self.view = FindingView(self.app.now, self.app.zone)
        self.guard = TypeAheadGuard(self)

    def body(self) -> ComposeResult:
        yield self.view

    async def opened(self) -> None:
        self._show(self.recorded)
        self.view.focus()
        self.watch(self.app, "findings", self._follow)

    def note_subject(self) -> ScreenPlace | None:
        finding = self.recorded.finding
        return ScreenPlace(finding.inspection, finding.title, opened=True)

    def aws_commands(self) -> CommandSheet | None:
        return finding_sheet(self.app, self.recorded.finding)

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.view.zone = self.app.zone

    def _follow(self) -> None:
        scheduler, id = self.services.scheduler, self.recorded.finding.inspection
        newest = next((each for each in self._newest() if self._is_same(each)), None)
        self.view.running = scheduler.runs.progress.get((self.slot.key if self.slot else ON_DEMAND, id))
        if newest is not None and newest != self.recorded:
            self._show(newest)
        self.refresh_bindings()

    def _newest(self) -> tuple[Recorded, ...]:
        if self.slot is not None:
            return self._siblings()
        return self.app.findings.on_demand if self.app.findings is not None else ()

    def _is_same(self, newest: Recorded) -> bool:
        if self.slot is not None:
            return newest.finding.inspection == self.recorded.finding.inspection
        # A finding that the journal refused at first may have a sequence number by now.
        return newest.seq == self.recorded.seq or newest.finding == self.recorded.finding

    def _show(self, recorded: Recorded) -> None:
        """Show `recorded`; keys with consequences are accepted only once it could be read."""
        self.guard.hold()
        self.subject = recorded.subject
        self.recorded = self.view.recorded = recorded
        self.view.place = self._place()
        findings = self.services.scheduler.of(self.slot) if self.slot is not None else None
        self.view.for_reference = findings is not None and findings.for_reference
        self.refresh_bindings()

    def _place(self) -> tuple[str, str]:
        if self.slot is None:
            return "", ""
        ids = self.services.scheduler.inspections_of(self.slot)
        if self.recorded.finding.inspection not in ids:
            return "", self.slot.title
        return f"{ids.index(self.recorded.finding.inspection) + 1}/{len(ids)}", self.slot.title

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        finding = self.recorded.finding
        is_available: dict[str, Callable[[], bool]] = {
            "override": lambda: not self.recorded.settled,
            "choose_known": lambda: bool(finding.unfamiliar or self._has_allow_list()),
            "propose": lambda: (
                finding.verdict
                not in (Verdict.NORMAL, Verdict.UNKNOWN if finding.waits_for_consent else None)
            ),
            "respond": lambda: finding.verdict in (Verdict.ATTENTION, Verdict.ABNORMAL),
            "leave": lambda: finding.verdict is not Verdict.NORMAL,
            "consent": lambda: finding.waits_for_consent and not self._why_not_run(),
            "rerun": lambda: not self._why_not_run(),
            "sign": lambda: self.slot is not None and self.services.duties.signable(self.slot),
            "logs": lambda: self._logs() is not None,
            "step": lambda: self.slot is not None and len(self._siblings()) > 1,
        }
        return is_available[action]() if action in is_available else True

    def action_logs(self) -> None:
        if (request := self._logs()) is not None:
            self.app.post_message(request)

    def _logs(self) -> OpenLogs | None:
        finding = self.recorded.finding
        return logs_of(self.services.runbook, [finding.inspection], [finding])

    def _has_allow_list(self) -> bool:
        return self.recorded.finding.inspection == SIGN_INS and bool(
            self.app.ready.records.allowed_by_operators
        )

    def _why_not_run(self) -> str:
        return finding_actions.why_not_run(self.app, self.slot) if self.slot is not None else ""

    def action_sign(self) -> None:
        if self.slot is not None and self.guard.is_open:
            signing.sign(self.app, self.services.duties.now(self.slot), self._signed)

    def _signed(self, is_recorded: bool | None) -> None:
        if not is_recorded:
            return
        following = self._next_unsigned()
        if following is None:
            self.dismiss(True)
            return
        self.slot, recorded = following
        self._show(recorded)
        self._follow()
        self.view.focus()

    def _next_unsigned(self) -> tuple[ScheduledOccurrence, Recorded] | None:
        """The next duty that waits for a signature, with its first finding; None if none has any. Duties with
        a checklist are left out: they are done before they are signed off."""
        duties = self.app.duties
        waiting = [each.slot for each in duties.open] if duties is not None else []
        here = next((place for place, slot in enumerate(waiting) if slot == self.slot), -1)
        for slot in (*waiting[here + 1 :], *waiting[: max(here, 0)]):
            findings = self.services.scheduler.of(slot)
            if findings is None or findings.material or not findings.recorded:
                continue
            if self.services.duties.now(slot).open:
                return slot, findings.recorded[0]
        return None

    @on(EvidenceTable.Opened)
    def _evidence_opened(self, message: EvidenceTable.Opened) -> None:
        if not finding_actions.open_place(self.app, message.place):
            self.app.inform(_("This row leads nowhere."))

    def action_override(self) -> None:
        finding_actions.override(self.app, self.subject, self.recorded)

    def action_choose_known(self) -> None:
        finding_actions.edit_allow_list(self.app, self.recorded.finding)

    def action_leave(self) -> None:
        if self.guard.is_open:
            self.app.push_screen(FollowUpScreen(self.subject, self.recorded))

    def action_propose(self) -> None:
        propose_finding(self.app, self.recorded)

    def action_respond(self) -> None:
        if self.guard.is_open:
            self._respond()

    @work(group="respond", exclusive=True)
    async def _respond(self) -> None:
        await finding_actions.respond(self.app, self.recorded.finding)

    def responds_to(self) -> str:
        return str(self.recorded.finding.inspection)

    def action_rerun(self) -> None:
        self._rerun(consent=False)

    def action_consent(self) -> None:
        if self.guard.is_open:
            self._rerun(consent=True)

    @work(group="rerun")
    async def _rerun(self, *, consent: bool) -> None:
        finding = self.recorded.finding
        id, words = finding.inspection, _("{title}: inspecting…", title=finding.title)
        with self.app.under_way(words, f"inspection:{id}"):
            if self.slot is None:
                runs = self.services.scheduler.runs
                self._show(await runs.run_on_demand(id, consent=consent, since=self._since))
            else:
                await self.services.scheduler.rerun(self.slot, (id,), consent=consent)
                self._follow()

    def _siblings(self) -> tuple[Recorded, ...]:
        findings = self.services.scheduler.of(self.slot) if self.slot is not None else None
        return findings.recorded if findings is not None else ()

    def action_step(self, by: int) -> None:
        siblings = self._siblings()
        ids = [each.finding.inspection for each in siblings]
        if self.recorded.finding.inspection in ids:
            at = (ids.index(self.recorded.finding.inspection) + by) % len(ids)
            self._show(siblings[at])
            self._follow()
