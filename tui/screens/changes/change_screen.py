"""操作: the available changes, the target's present state and last hour, the outcomes of earlier changes."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from services.aws.client.errors import AwsError
from services.feed import Feed
from services.i18n import _
from services.journal.errors import JournalError
from services.models.change_runs import Run, StepState
from services.models.changes import LiveState, Place, PlannedStep
from services.models.feeds import FeedState
from services.models.metrics import TargetLoad, last_hour
from services.models.problem import Problem
from services.models.runbook_playbooks import Cause, Step
from services.system import Services
from tui.commands import bindings
from tui.console import Console
from tui.messages import OpenChange, ReadAgain
from tui.places import Origin, destination, revert_of
from tui.screens.changes.applying import notify_outcome, run_summary
from tui.screens.changes.manual_resolution import ManualResolutionScreen
from tui.screens.changes.parts import ScreenParts
from tui.screens.changes.plan import PlanScreen
from tui.screens.changes.run import RunScreen, open_follow_up, open_request
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.common.mode_screen import WAY_BACK, ModeScreen
from widgets.changes.list import ChangeList, ChangeOffer
from widgets.changes.live_state import LiveStatePanel
from widgets.changes.load import TargetLoadPanel, change_moments
from widgets.changes.run.table import RunTable
from widgets.changes.run.view import elsewhere_words
from widgets.changes.unknown_banner import UnknownBanner
from widgets.drawing.rest import Rest
from widgets.drawing.table import KeyedTable

READ_SECONDS = 30.0  # Seconds between reads of the target under the cursor


class TargetFeeds:
    """Two feeds for each offer, made when it is first shown."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._states: dict[str, Feed[LiveState]] = {}
        self._loads: dict[str, Feed[TargetLoad]] = {}

    def state(self, offer: ChangeOffer) -> Feed[LiveState]:
        change = self._services.engine.changes[offer.kind]
        return self._states.setdefault(
            offer.key,
            self._services.feed("live", lambda: change.read_target(offer.target), interval=READ_SECONDS),
        )

    def load(self, offer: ChangeOffer) -> Feed[TargetLoad]:
        services = self._services
        queries = services.engine.changes[offer.kind].load_queries(offer.target)

        async def read() -> TargetLoad:
            span = last_hour(services.clock.now())
            series = await services.metrics.fetch(queries, span)
            return TargetLoad(queries=queries, series=series, span=span)

        interval = services.feeds["dashboard"].interval
        return self._loads.setdefault(offer.key, services.feed("load", read, interval=interval))

    async def loads(
        self, offer: ChangeOffer, pause: Callable[[], str]
    ) -> AsyncIterator[tuple[FeedState[TargetLoad], str]]:
        """The states of the target's last hour, and why it is not read: what `pause` says, "" while it is."""
        feed = self.load(offer)
        while True:
            while why := pause():
                yield feed.state, why
                await self._services.clock.sleep(feed.interval)
            async with aclosing(feed.states()) as states:
                async for state in states:
                    yield state, ""
                    if pause():
                        break

    def refresh_state(self, key: str) -> None:
        if key in self._states:
            self._states[key].refresh()

    def refresh_load(self, key: str) -> None:
        if key in self._loads:
            self._loads[key].refresh()


@dataclass(frozen=True, slots=True)
class Lead:
    id: str
    title: str  # The procedure's section of the written runbook, or the playbook
    text: str
    request: OpenChange


def leads(app: Console) -> Iterator[Lead]:
    book = app.ready.runbook
    parts: list[tuple[str, str, tuple[Step | Cause, ...]]] = [
        *((str(each.id), str(each.section or each.title), each.steps) for each in book.procedures),
        *((str(each.id), str(each.title), each.leads) for each in book.playbooks),
    ]
    for id, title, steps in parts:
        for number, step in enumerate(steps, 1):
            place = destination(app, step, Origin())
            if (
                place is not None
                and isinstance(place.request, OpenChange)
                and step.look in app.ready.engine.changes
            ):
                text = step.text if isinstance(step, Step) else step.action
                yield Lead(f"{id} {number}", title, text, place.request)


async def choose_procedure(app: Console) -> None:
    by_id = {lead.id: lead for lead in leads(app)}
    if not by_id:
        app.inform(_("No step of the runbook calls for a change."))
        return
    choices = [Choice(lead.id, lead.text, lead.title) for lead in by_id.values()]
    screen = ChooseScreen(_("Steps of the runbook"), choices, harmless=True)
    chosen = await app.push_screen_wait(screen)
    if chosen is not None:
        app.post_message(by_id[chosen].request)


class ChangeScreen(ModeScreen):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("change"), WAY_BACK]

    def __init__(self) -> None:
        super().__init__()
        self.unknown = UnknownBanner()
        self.changes = ChangeList(id="changes")
        self.live = LiveStatePanel(_("Current state in AWS"), now=self.app.now, zone=self.app.zone, id="live")
        self.runs = RunTable(now=self.app.now, zone=self.app.zone, id="runs")
        self.load = TargetLoadPanel(_("Last hour"), now=self.app.now, zone=self.app.zone, id="load")
        self.parts = ScreenParts(self.changes, self.live, self.load, self.runs, self._read_load)
        self._target_key = self._load_key = ""
        self._rest = Rest(self, self._read_target)
        self.feeds = TargetFeeds(self.services)

    def body(self) -> ComposeResult:
        yield self.unknown
        yield self.parts

    async def opened(self) -> None:
        self.watch(self.app, "runs", self._runs_changed)
        self.changes.table.focus()
        self._read_target()

    def on_screen_resume(self) -> None:
        self._read_target()
        self._read_load()

    def on_screen_suspend(self) -> None:
        self._stop_reading()

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.live.zone = self.load.zone = self.runs.zone = self.app.zone

    def banner_changed(self, problem: Problem | None) -> None:
        self.live.banner = self.load.banner = problem

    def _runs_changed(self, runs: tuple[Run, ...]) -> None:
        if _verified_steps(runs) != _verified_steps(self.runs.runs):
            self.feeds.refresh_state(self._target_key)
        engine = self.services.engine
        unknown, locked = _targets(runs, StepState.UNKNOWN), {target for run in runs for target in run.locked}
        self.changes.offers = tuple(
            ChangeOffer(
                change.kind.id,
                _(change.kind.title),
                _(change.kind.help),
                target,
                locked=str(target.id) in unknown,
                busy=target.id in locked,
                has_load=bool(change.load_queries(target)),
            )
            for change in engine.changes.values()
            for target in change.targets()
        )
        self.runs.waiting = frozenset(slot.key.removeprefix("revert@") for slot in engine.reverts())
        self.runs.awaited = frozenset(each.plan.id for each in engine.authority.approvals.awaited())
        self.runs.requests = engine.requests
        self.runs.runs = runs
        self.unknown.show(runs)
        self._show_moments()
        self.parts.give_rows()

    # -- the target under the cursor

    @on(ChangeList.Highlighted)
    def highlighted(self, _event: ChangeList.Highlighted) -> None:
        offer = self.changes.offer_at_cursor()
        if offer is not None and offer.key != self._target_key:
            self._stop_reading()
            self.live.state, self.load.state = self.feeds.state(offer).state, self.feeds.load(offer).state
            self._rest.moved()
        self.parts.give_rows()

    def _read_target(self) -> None:
        offer = self.changes.offer_at_cursor()
        if self.is_current and offer is not None and offer.key != self._target_key:
            self._target_key = offer.key
            self.read_target(offer)
            self._read_load()

    def _stop_reading(self) -> None:
        self._target_key = self._load_key = ""
        self._rest.stop()
        self.workers.cancel_group(self, "look")
        self.workers.cancel_group(self, "load")

    @work(group="look", exclusive=True)
    async def read_target(self, offer: ChangeOffer) -> None:
        feed = self.feeds.state(offer)
        self.live.state = feed.state
        async for state in feed.states():
            self.live.state = state
            self.load.bounds = state.value.bounds if state.value is not None else ()
            self.parts.give_rows()

    @on(ReadAgain)
    def read_again(self) -> None:
        self.feeds.refresh_state(self._target_key)
        self.feeds.refresh_load(self._load_key)

    # -- its last hour

    def _show_moments(self) -> None:
        offer = self.changes.offer_at_cursor()
        if offer is not None:
            self.load.moments = change_moments(self.runs.runs, offer.target.id, _("changed"))

    def _read_load(self) -> None:
        offer = self.changes.offer_at_cursor()
        is_shown = self.load.display and self.is_current
        key = offer.key if offer is not None and is_shown and offer.key == self._target_key else ""
        if key == self._load_key:
            return
        self._load_key = key
        if offer is None or not key:
            self.workers.cancel_group(self, "load")
            return
        self._show_moments()
        self.read_load(offer)

    @work(group="load", exclusive=True)
    async def read_load(self, offer: ChangeOffer) -> None:
        self.load.state = self.feeds.load(offer).state
        async for state, pause in self.feeds.loads(offer, self.app.presence.pause):
            self.load.state, self.load.pause = state, pause

    def read_for_somebody(self) -> None:
        if self.load.pause:
            self._load_key = ""
            self._read_load()

    # -- keys

    @on(ChangeList.Opened)
    def plan(self, event: ChangeList.Opened) -> None:
        event.stop()
        # A second Enter may arrive before the dialog opens.
        if self.is_active:
            self.app.push_screen(PlanScreen(event.offer.kind, event.offer.target))

    @on(KeyedTable.Selected)
    def open_run(self, event: KeyedTable.Selected) -> None:
        request = self.runs.request_at(event.key)
        if request is not None and self.is_active:
            open_request(self.app, request)
            return
        run = next((run for run in self.runs.runs if run.id == event.key), None)
        if run is not None and self.is_active:
            self.app.push_screen(RunScreen(run))

    def action_procedure(self) -> None:
        if self.is_active:
            self.run_worker(choose_procedure(self.app), group="procedure", exclusive=True)

    def action_suggested(self) -> None:
        if self.is_active:
            open_follow_up(self.app, self.runs.run_at_cursor())

    def action_revert(self) -> None:
        if not self.is_active:
            return
        run = self.runs.run_at_cursor()
        if run is None:
            self.app.inform(_("There is no change to revert."))
            return
        revert = revert_of(self.app, run)
        if revert is None:
            self.app.inform(_("No revert can be planned for this change."))
            return
        target = self.services.engine.target(revert.kind, revert.target)
        self.app.push_screen(PlanScreen(revert.kind, target, revert.values))

    def action_resolve(self) -> None:
        if not self.is_active:
            return
        at_cursor, runs = self.runs.run_at_cursor(), self.runs.runs
        by_weight = sorted(runs, key=lambda run: (run is not at_cursor, run.state is not StepState.UNKNOWN))
        run = next((run for run in by_weight if run.is_open), None)
        if run is None:
            self.app.inform(_("No change has an unknown outcome."))
        elif run.state is StepState.UNKNOWN:
            self.resolve(run)
        else:
            until, what = run.elsewhere_until, f"{run.plan.target.title}: {run.plan.title}."
            here = _("This console is carrying it out now.")
            self.app.inform(f"{what} {here if until is None else elsewhere_words(until, self.app.zone)}")

    @work(group="resolve", exclusive=True)
    async def resolve(self, run: Run) -> None:
        with self.app.type_ahead.opening(by_key=True):
            try:
                current = await self.services.engine.resolve(run.id)
            except JournalError as error:
                notify_outcome(self.app, error.problem.message, bad=True)
                return
            except AwsError:
                current = run
            step = current.unknown_step
            is_early = step is not None and await self._may_be_under_way(current, step)
        if step is None:
            notify_outcome(self.app, run_summary(current), bad=current.state is not StepState.DONE)
        elif is_early:
            self.app.inform(
                _(
                    "AWS still shows the state before the change. Toban checks again automatically; nothing to "
                    "do yet."
                )
            )
        else:
            await self.app.push_screen_wait(ManualResolutionScreen(current, step))

    async def _may_be_under_way(self, run: Run, step: PlannedStep) -> bool:
        """Whether AWS shows the state before, while the request may still be in progress: too early to decide."""
        change = self.services.engine.changes.get(run.plan.kind)
        if change is None:  # of another version: only a person can tell
            return False
        try:
            observation = await change.observe(step)
        except AwsError:
            return False
        return observation.place is Place.BEFORE


def _verified_steps(runs: tuple[Run, ...]) -> int:
    """Number of steps that AWS is known to show."""
    return sum(bool(step.verified) for run in runs for step in run.steps)


def _targets(runs: tuple[Run, ...], state: StepState) -> set[str]:
    return {
        str(planned.target)
        for run in runs
        for planned, step in zip(run.plan.steps, run.steps, strict=False)
        if step.state is state
    }
