"""Every playbook played through: from the alarm, or the finding, to the closed incident and its report, by
keys alone. Worlds are set to the moment at which the alarm has just fired. What is pressed is counted; a text
counts as one key."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from services import i18n
from services.clock import ManualClock
from services.demo.front import moto_app
from services.demo.front.app import Front, Server
from services.demo.incidents.drawing import ALARMS
from services.demo.scenario import load
from services.demo.world import World
from services.models.incidents import IncidentState, StepKind, StepMark
from services.models.verdict import Verdict
from tests.conftest import Embedded
from tests.tools.console import console, screen_text, until
from tests.tools.incident_worlds import incident_world
from tui.screens.changes.arm import ArmScreen
from tui.screens.changes.plan import PlanScreen
from tui.screens.common.choose import ChooseScreen
from tui.screens.duties.duty_actions import InspectNowScreen
from tui.screens.duties.finding import FindingScreen
from tui.screens.respond.actions import IncidentReportScreen
from tui.screens.respond.closing import CloseScreen
from tui.screens.respond.dialogs import IncidentDialog
from tui.screens.respond.incident import IncidentScreen
from tui.screens.respond.told import ToldScreen

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("at_once")]
SCREENS = [((80, 24), "ja"), ((80, 24), "en"), ((200, 60), "ja"), ((200, 60), "en")]
MONDAY = datetime(2026, 1, 19, 1, 0, tzinfo=UTC)
SUMMARY = "trial"


@dataclass(frozen=True)
class Play:
    playbook: str
    cause: str  # What is wrong in the world, as `services/demo/incidents` describes it
    change: str = ""  # The change that one of its rows plans
    row: int = 0  # Number of that row on the screen

    @property
    def alarm(self) -> str:
        return ALARMS[self.playbook]


PLAYS = (
    Play("alb-5xx", "bad-deployment", "deploy-rollback", 7),
    Play("ecs-cpu", "capacity-at-maximum", "task-limit", 8),
    Play("ecs-cpu", "scaling-stopped", "desired-count", 7),
    Play("rds-storage", "data-growth", "rds-storage", 5),
    Play("ecs-memory", "out-of-memory", "task-limit", 7),
    Play("rds-cpu", "database-saturated", "rds-class", 6),
    Play("rds-connections", "database-saturated"),
    Play("alb-latency", "slow-targets"),
)
FINDINGS = (
    ("security-incident", "sign-ins", "stranger"),
    ("snapshot-missing", "backups", "missing-snapshot"),
    ("cost-over", "costs", "budget-used"),
)


@dataclass
class Player:
    """A responder with a keyboard: counts what is pressed."""

    pilot: Pilot[Any]
    keys: int = 0
    reached: dict[str, int] = field(default_factory=dict)  # How many keys it took to come so far

    @property
    def app(self) -> Any:
        return self.pilot.app

    @property
    def screen(self) -> Any:
        return self.app.screen

    @property
    def incident(self) -> Any:
        return self.screen.incident_at_hand()

    @property
    def view(self) -> Any:
        return self.screen.detail.view

    async def press(self, *keys: str) -> None:
        self.keys += len(keys)
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        self.keys += 1
        await self.pilot.press(*text)

    async def until(self, happened: Callable[[], object]) -> None:
        await until(self.pilot, happened)

    async def shows(self, kind: type[Any]) -> None:
        await self.until(lambda: isinstance(self.screen, kind) and self.screen.is_mounted)
        guard = getattr(self.screen, "guard", None)
        if guard is not None:
            await self.until(lambda: guard.is_open)

    def mark(self, what: str) -> None:
        self.reached[what] = self.keys

    def row(self, number: int) -> tuple[str, ...]:
        return ("full_stop", str(number))


@asynccontextmanager
async def player(
    embedded: Embedded, size: tuple[int, int], language: str, mode: str = "watch"
) -> AsyncIterator[Player]:
    i18n.use(language)
    async with console(embedded.url, embedded.clock, size=size, mode=mode, notifications=True) as pilot:
        yield Player(pilot)


@asynccontextmanager
async def served(make: Callable[[], World], clock: ManualClock) -> AsyncIterator[Embedded]:
    moto_app.reset()
    server = Server(Front(make))
    server.start()
    try:
        yield Embedded(server, clock)
    finally:
        server.stop()
    assert not server.failures, "\n".join(server.failures)


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    i18n.use("en")


@pytest.mark.parametrize(("size", "language"), SCREENS)
@pytest.mark.parametrize("play", PLAYS, ids=lambda play: f"{play.playbook}-{play.cause}")
async def test_a_playbook_from_alarm_to_report(play, size, language):
    world = incident_world(play.cause, 1, play.playbook)
    clock = world.world.clock
    assert isinstance(clock, ManualClock)
    async with served(lambda: world.world, clock) as aws, player(aws, size, language) as one:
        await to_the_incident(one, play)
        assert world.causes[0] in [cause.id for cause in one.view.assessment.causes[:2]]
        await one.press("c")
        await one.until(lambda: one.incident.state is IncidentState.TAKEN)
        one.mark("taken")
        await through_the_steps(one)
        await decide(one)
        await tell(one)
        if play.change:
            await plan(one, play)
        await close(one)
        await report(one)
        assert one.reached["cause"] <= 1 + one.reached["alarm"]
        assert one.reached["taken"] == one.reached["cause"] + 1
        assert not one.app.bugs
    print(f"{play.playbook:16} {play.cause:20} {size[0]:3} {language} {one.reached}")


async def to_the_incident(one: Player, play: Play) -> None:
    """Choose the alarm in the list; one key leads to its incident, in which the causes are weighed."""
    await one.until(lambda: any(each.target == play.alarm for each in one.app.incidents))
    await one.until(lambda: one.screen.alarms.chosen is not None)
    while one.screen.alarms.chosen.id != play.alarm:
        await one.press("down")
    one.mark("alarm")
    await one.press("5")
    await one.shows(IncidentScreen)
    await one.until(lambda: one.view is not None and one.view.assessment is not None)
    await one.until(lambda: one.screen.live is not None)
    one.mark("cause")
    text = screen_text(one.pilot)
    assert one.incident.title in text, "the title is whole"
    assert i18n._("Causes") in text, "in the language of the run"
    leader = one.view.assessment.leader
    assert leader is None or one.view.cause_title(leader.id)[:20] in text


async def through_the_steps(one: Player) -> None:
    """See the evidence of every step; tick those that look and wait."""
    for index, kind in enumerate(one.view.kinds):
        one.screen.detail.update()
        assert one.screen.detail.step == index
        entries = one.screen.detail.evidence.entries()
        assert any(span[0].strip() for entry in entries for line in entry.lines for span in line)
        if kind in (StepKind.LOOK, StepKind.WAIT):
            await one.press("space")
            await one.until(lambda at=index: one.view.mark(at) is StepMark.DONE)
        if one.screen.detail.step == index and index + 1 < len(one.view.kinds):
            await one.press("down")
            await one.until(lambda at=index: one.screen.detail.step == at + 1)


async def decide(one: Player) -> None:
    """Decide on the leading cause; its step is carried out by it."""
    before = one.keys
    await one.press("equals_sign")
    await one.until(lambda: isinstance(one.screen, ChooseScreen | IncidentDialog))
    if isinstance(one.screen, ChooseScreen):
        await one.shows(ChooseScreen)
        await one.press("enter")
        await one.shows(IncidentDialog)
    else:
        await one.shows(IncidentDialog)
        await one.write("seen by us")
    await one.press("enter")
    await one.shows(IncidentScreen)
    await one.until(lambda: one.incident.decision is not None)
    await one.until(lambda: one.view.mark(one.view.kinds.index(StepKind.DECIDE)) is StepMark.DONE)
    one.mark("decided")
    assert one.keys - before <= 3


async def tell(one: Player) -> None:
    """Read the text aloud, and record that the role of the step was told."""
    await one.press("m")
    await one.shows(ToldScreen)
    role = one.screen.whom.value
    aloud = screen_text(one.pilot)
    assert "{" not in aloud
    await one.press("enter")
    await one.shows(IncidentScreen)
    await one.until(lambda: one.incident.contacted)
    assert one.incident.contacted[0].role == role
    if StepKind.TELL in one.view.kinds:
        index = one.view.kinds.index(StepKind.TELL)
        await one.until(lambda: one.view.mark(index) is StepMark.DONE)
    one.mark("told")


async def plan(one: Player, play: Play) -> None:
    """Open the plan of the engine by its row's number, arm, and come back."""
    before = one.keys
    await one.press(*one.row(play.row))
    await one.until(lambda: isinstance(one.screen, PlanScreen))
    assert one.screen.kind == play.change
    await one.until(lambda: one.screen.plan is not None)
    one.mark("plan")
    assert one.keys - before == 2
    await one.press("f9")
    await one.until(lambda: isinstance(one.screen, ArmScreen))
    await one.press("escape")
    await one.until(lambda: isinstance(one.screen, PlanScreen))
    await one.press("escape", "5")
    await one.shows(IncidentScreen)


async def close(one: Player) -> None:
    await one.press("x")
    await one.shows(CloseScreen)
    await one.write(SUMMARY)
    await one.press("enter")
    await one.until(lambda: isinstance(one.screen, IncidentScreen) and not one.incident.is_open)
    assert one.incident.cause == one.incident.decision.title
    one.mark("closed")


async def report(one: Player) -> None:
    await one.press("g")
    await one.until(lambda: isinstance(one.screen, IncidentReportScreen) and one.screen.report is not None)
    report = one.screen.report
    assert report.incident.summary == SUMMARY
    one.mark("report")
    await one.press("ctrl+s")
    await one.shows(ChooseScreen)
    await one.press("enter")
    await one.until(lambda: [*Path.home().rglob("*-incident-*.html")])
    one.mark("saved")


@pytest.mark.parametrize(("size", "language"), SCREENS)
@pytest.mark.parametrize(("playbook", "inspection", "scenario"), FINDINGS)
async def test_a_playbook_is_played_from_the_finding_to_the_report(
    playbook, inspection, scenario, size, language
):
    clock = ManualClock(MONDAY)
    story = load(scenario)
    async with (
        served(lambda: World(story, clock, history=timedelta(hours=1)), clock) as aws,
        player(aws, size, language, "inspect") as one,
    ):
        await to_the_finding(one, inspection)
        await one.press("c")
        await one.shows(IncidentScreen)
        await one.until(lambda: one.view is not None and one.view.playbook is not None)
        assert one.view.playbook.id == playbook
        assert one.incident.state is IncidentState.TAKEN, "who begins it responds"
        one.mark("taken")
        await through_the_steps(one)
        await decide(one)
        await tell(one)
        await close(one)
        await report(one)
        assert not one.app.bugs
    print(f"{playbook:16} {scenario:20} {size[0]:3} {language} {one.reached}")


async def to_the_finding(one: Player, inspection: str) -> None:
    await one.until(lambda: one.app.duties)
    await one.press("i")
    await one.shows(InspectNowScreen)
    while one.screen.table.cursor_key != inspection:
        await one.press("down")
    await one.press("enter")
    await one.shows(FindingScreen)
    await one.until(lambda: one.screen.recorded.finding.verdict is not Verdict.NORMAL)
    one.mark("finding")
