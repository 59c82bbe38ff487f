"""操作: what can be changed, how it stands now, and what became of the changes that were made."""

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from services.aws.client.errors import AwsError
from services.feed import Feed
from services.i18n import _
from services.journal.errors import JournalError
from services.models.changes import LiveState, Place, PlannedStep, Run, StepState
from services.models.problem import Problem
from tui.commands import bindings
from tui.screens.changes.applying import said_of, tell
from tui.screens.changes.plan import PlanScreen
from tui.screens.changes.run import RunScreen
from tui.screens.changes.settle import SettleScreen
from tui.screens.common.mode_screen import ModeScreen
from widgets.changes.list import ChangeList, Offer
from widgets.changes.live_state import LiveStatePanel
from widgets.changes.run.table import RunTable
from widgets.changes.run.view import elsewhere_words
from widgets.changes.unknown_banner import UnknownBanner
from widgets.drawing.table import KeyedTable

LOOK_SECONDS = 30.0
"""Between two reads of the target that is looked at."""


class ChangeScreen(ModeScreen):
    """The change mode."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("change")]
    DEFAULT_CSS = """
    ChangeScreen {
        #offers { layout: grid; grid-size: 2 1; grid-columns: 2fr 3fr; height: 1fr; min-height: 8; }
        #runs { height: 1fr; min-height: 5; }
        &.-short #runs { height: 6; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.unknown = UnknownBanner()
        self.changes = ChangeList(id="changes")
        self.live = LiveStatePanel(_("As AWS has it now"), now=self.app.now, zone=self.app.zone, id="live")
        self.runs = RunTable(now=self.app.now, zone=self.app.zone, id="runs")
        self._looked_at = ""
        self._feeds: dict[str, Feed[LiveState]] = {}

    def body(self) -> ComposeResult:
        """What is unknown, what can be changed, what was."""
        yield self.unknown
        yield Container(self.changes, self.live, id="offers")
        yield self.runs

    async def opened(self) -> None:
        """Show what is known and begin to look at the first target."""
        self.watch(self.app, "runs", self._runs_changed)
        self.changes.table.focus()
        self._look()

    def on_screen_resume(self) -> None:
        """Look again."""
        self._look()

    def on_screen_suspend(self) -> None:
        """Nobody looks: read nothing."""
        self._looked_at = ""
        self.workers.cancel_group(self, "look")

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.live.zone = self.runs.zone = self.app.zone

    def banner_changed(self, problem: Problem | None) -> None:
        """The panel does not repeat the banner."""
        self.live.said = problem

    def _runs_changed(self, runs: tuple[Run, ...]) -> None:
        engine = self.services.engine
        unknown, locked = _targets(runs, StepState.UNKNOWN), {target for run in runs for target in run.locked}
        self.changes.offers = tuple(
            Offer(
                kind,
                _(change.title),
                _(change.help),
                target,
                locked=str(target.id) in unknown,
                busy=target.id in locked,
            )
            for kind, change in engine.changes.items()
            for target in change.targets()
        )
        self.runs.waiting = frozenset(slot.key.removeprefix("revert@") for slot in engine.reverts())
        self.runs.runs = runs
        self.unknown.show(runs)

    # -- the target that is looked at

    @on(ChangeList.Highlighted)
    def highlighted(self, _event: ChangeList.Highlighted) -> None:
        """Another target."""
        self._look()

    def _look(self) -> None:
        offer = self.changes.offer_at_cursor()
        if offer is not None and offer.key != self._looked_at:
            self._looked_at = offer.key
            self.look(offer)

    @work(group="look", exclusive=True)
    async def look(self, offer: Offer) -> None:
        """Read the target for as long as it is looked at; what was read of it before stays until then."""
        feed = self._feed(offer)
        self.live.state = feed.state
        async for state in feed.states():
            self.live.state = state

    def _feed(self, offer: Offer) -> Feed[LiveState]:
        change = self.services.engine.changes[offer.kind]
        return self._feeds.setdefault(
            offer.key,
            self.services.feed("live", lambda: change.look(offer.target), interval=LOOK_SECONDS),
        )

    # -- what the keys do

    @on(ChangeList.Opened)
    def plan(self, event: ChangeList.Opened) -> None:
        """Plan what was under the cursor when the key was pressed."""
        event.stop()
        # A second Enter may come before the dialog does; one is enough.
        if self.is_active:
            self.app.push_screen(PlanScreen(event.offer.kind, event.offer.target))

    @on(KeyedTable.Selected)
    def open_run(self, event: KeyedTable.Selected) -> None:
        """Everything about a change that was made."""
        found = next((run for run in self.runs.runs if run.id == event.key), None)
        if found is not None and self.is_active:
            self.app.push_screen(RunScreen(found))

    def action_revert(self) -> None:
        """Plan the way back of the selected change."""
        if not self.is_active:
            return
        run = self.runs.run_at_cursor()
        if run is None:
            self.app.say(_("There is no change to take back."))
            return
        change = self.services.engine.changes.get(run.plan.kind)
        wish = change.way_back(run.plan) if change is not None else {}
        if not wish:
            self.app.say(_("This change has no way back that can be planned."))
            return
        self.app.push_screen(PlanScreen(run.plan.kind, run.plan.target, wish))

    def action_resolve(self) -> None:
        """Look at AWS for the selected unknown change, or for the newest one; of others say how they stand."""
        if not self.is_active:
            return
        at_cursor, runs = self.runs.run_at_cursor(), self.runs.runs
        by_weight = sorted(runs, key=lambda run: (run is not at_cursor, run.state is not StepState.UNKNOWN))
        chosen = next((run for run in by_weight if _is_open(run)), None)
        if chosen is None:
            self.app.say(_("No outcome is unknown."))
        elif chosen.state is StepState.UNKNOWN:
            self.resolve(chosen)
        else:
            until, what = chosen.elsewhere_until, f"{chosen.plan.target.title}: {chosen.plan.title}."
            here = _("This console is carrying it out now.")
            self.app.say(f"{what} {here if until is None else elsewhere_words(until, self.app.zone)}")

    @work(group="resolve", exclusive=True)
    async def resolve(self, run: Run) -> None:
        """Read AWS; ask a person where that does not tell."""
        try:
            found = await self.services.engine.resolve(run.id)
        except JournalError as error:
            tell(self.app, error.problem.said, bad=True)
            return
        except AwsError:
            found = run
        step = _unknown_step(found)
        if step is None:
            tell(self.app, said_of(found), bad=found.state is not StepState.DONE)
        elif await self._may_be_under_way(found, step):
            self.app.say(
                _(
                    "AWS still shows the state before the change. Toban looks again by itself; nothing to do yet."
                )
            )
        else:
            await self.app.push_screen_wait(SettleScreen(found, step))

    async def _may_be_under_way(self, run: Run, step: PlannedStep) -> bool:
        """AWS shows the state before: too early to say that it was not done, and no person knows better."""
        change = self.services.engine.changes.get(run.plan.kind)
        if change is None:  # another version's: only a person can tell
            return False
        try:
            seen = await change.observe(step)
        except AwsError:
            return False
        return seen.place is Place.BEFORE


def _is_open(run: Run) -> bool:
    """Its outcome is unknown, or it is under way here or elsewhere."""
    return run.state in (StepState.WAITING, StepState.SENDING, StepState.UNKNOWN)


def _targets(runs: tuple[Run, ...], state: StepState) -> set[str]:
    """The resources that have a step in `state`."""
    return {
        str(planned.target)
        for run in runs
        for planned, step in zip(run.plan.steps, run.steps, strict=False)
        if step.state is state
    }


def _unknown_step(run: Run) -> PlannedStep | None:
    unknown = {step.id for step in run.steps if step.state is StepState.UNKNOWN}
    return next((planned for planned in run.plan.steps if planned.id in unknown), None)
