"""One finding, whole, with what can be done about it."""

from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from services.i18n import N_, _
from services.inspections.registry import SIGN_INS
from services.inspections.running.finding_records import BY_HAND
from services.models.duties import ScheduledOccurrence
from services.models.findings import Recorded
from services.models.verdict import Verdict
from tui.screens.common.guard import TypeAheadGuard
from tui.screens.common.mode_screen import ModeScreen, Place
from tui.screens.duties import finding_actions
from tui.screens.slack.post import propose_finding
from widgets.findings.view import FindingView


class FindingScreen(ModeScreen):
    """Follows the newest finding of one inspection of a slot; a look by hand stays as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", N_("Back"), show=True),
        Binding("r", "look_again", N_("Rerun"), show=True),
        Binding("o", "overrule", N_("Override"), show=True),
        Binding("k", "known", N_("Known…"), show=True),
        Binding("y", "consent", N_("Agree to the cost"), show=True),
        Binding("p", "propose", N_("Slack"), show=True),
        Binding("left_square_bracket", "step(-1)", N_("Previous finding"), show=False),
        Binding("right_square_bracket", "step(1)", N_("Next finding"), show=True),
    ]

    def __init__(self, subject: str, recorded: Recorded, slot: ScheduledOccurrence | None = None) -> None:
        super().__init__()
        self.subject = subject
        self.slot = slot
        self.recorded = recorded
        self.view = FindingView(self.app.now, self.app.zone)
        self.guard = TypeAheadGuard(self)

    def body(self) -> ComposeResult:
        """The finding alone."""
        yield self.view

    async def opened(self) -> None:
        """The finding at once; then what becomes of it."""
        self._show(self.recorded)
        self.view.focus()
        self.watch(self.app, "findings", self._follow)

    def place(self) -> Place | None:
        """A note from here is about the inspection."""
        finding = self.recorded.finding
        return Place(finding.inspection, finding.title, opened=True)

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.view.zone = self.app.zone

    def _follow(self) -> None:
        rounds, id = self.services.rounds, self.recorded.finding.inspection
        newest = next((each for each in self._newest() if self._is_this(each)), None)
        self.view.looking = rounds.looks.progress.get((self.slot.key if self.slot else BY_HAND, id))
        if newest is not None and newest != self.recorded:
            self._show(newest)
        self.refresh_bindings()

    def _newest(self) -> tuple[Recorded, ...]:
        if self.slot is not None:
            return self._siblings()
        return self.app.findings.by_hand if self.app.findings is not None else ()

    def _is_this(self, newest: Recorded) -> bool:
        if self.slot is not None:
            return newest.finding.inspection == self.recorded.finding.inspection
        # One that the journal did not take at first has its number now.
        return newest.seq == self.recorded.seq or newest.finding == self.recorded.finding

    def _show(self, recorded: Recorded) -> None:
        """Its keys that cost something count once it was looked at."""
        self.guard.hold()
        self.subject = recorded.subject
        self.recorded = self.view.recorded = recorded
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes a difference to this finding."""
        finding = self.recorded.finding
        fits: dict[str, Callable[[], bool]] = {
            "overrule": lambda: finding.verdict is not Verdict.NORMAL and self.recorded.overruled is None,
            "known": lambda: bool(finding.unfamiliar or self._said_known()),
            "propose": lambda: finding.verdict is not Verdict.NORMAL and not finding.waits_for_consent,
            "consent": lambda: finding.waits_for_consent and not self._no_look(),
            "look_again": lambda: not self._no_look(),
            "step": lambda: self.slot is not None and len(self._siblings()) > 1,
        }
        return fits[action]() if action in fits else True

    def _said_known(self) -> bool:
        """Whether this is the look at people, and somebody is known who could be a stranger again."""
        return self.recorded.finding.inspection == SIGN_INS and bool(self.app.ready.records.said_known)

    def _no_look(self) -> str:
        return finding_actions.no_look(self.app, self.slot) if self.slot is not None else ""

    def action_overrule(self) -> None:
        """Judge it otherwise, with a reason."""
        finding_actions.overrule(self.app, self.subject, self.recorded)

    def action_known(self) -> None:
        """Make somebody or a network known from now on."""
        finding_actions.known(self.app, self.recorded.finding)

    def action_propose(self) -> None:
        """Propose a note for Slack."""
        propose_finding(self.app, self.recorded)

    def action_look_again(self) -> None:
        """Make the look again now."""
        self._look(consent=False)

    def action_consent(self) -> None:
        """Make it whatever it costs."""
        if self.guard.is_open:
            self._look(consent=True)

    @work(group="look")
    async def _look(self, *, consent: bool) -> None:
        id = self.recorded.finding.inspection
        if self.slot is not None:
            await self.services.rounds.look_again(self.slot, (id,), consent=consent)
            self._follow()
            return
        self.app.say(_("{title}: inspecting…").format(title=self.recorded.finding.title))
        self._show(await self.services.rounds.looks.by_hand(id, consent=consent))

    def _siblings(self) -> tuple[Recorded, ...]:
        found = self.services.rounds.of(self.slot) if self.slot is not None else None
        return found.recorded if found is not None else ()

    def action_step(self, by: int) -> None:
        """Another finding of the same duty."""
        siblings = self._siblings()
        ids = [each.finding.inspection for each in siblings]
        if self.recorded.finding.inspection in ids:
            at = (ids.index(self.recorded.finding.inspection) + by) % len(ids)
            self._show(siblings[at])
            self._follow()
