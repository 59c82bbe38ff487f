from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from services.models.causes import Word
from services.models.incidents import IncidentState, StepMark
from services.models.journal import EntryKind
from services.models.verdict import Verdict
from tests.conftest import Embedded
from tests.tools.console import console, screen_text, until
from tui.messages import OpenIncident
from tui.screens.changes.plan import PlanScreen
from tui.screens.common.choose import ChooseScreen
from tui.screens.duties.finding import FindingScreen
from tui.screens.logs.logs import LogsScreen
from tui.screens.respond.actions import HandOverScreen, IncidentReportScreen
from tui.screens.respond.closing import CloseScreen
from tui.screens.respond.dialogs import IncidentDialog
from tui.screens.respond.incident import IncidentScreen
from tui.screens.respond.respond import RespondScreen
from tui.screens.respond.told import ToldScreen
from tui.screens.slack.post import PostScreen
from tui.screens.watch.alarm import AlarmScreen

pytestmark = [pytest.mark.scenario("alb-5xx", history=300.0), pytest.mark.usefixtures("at_once")]
ALARM = "alb-5xx-error-rate"
SIZE = (80, 24)


@pytest.fixture(autouse=True)
def _storm(embedded: Embedded) -> None:
    for _minute in range(6):
        embedded.advance(60)


@asynccontextmanager
async def responding(embedded: Embedded, size: tuple[int, int] = SIZE) -> AsyncIterator[Pilot[Any]]:
    """A console whose storm has an incident, opened by one key from anywhere."""
    async with console(embedded.url, embedded.clock, size=size, notifications=True) as pilot:
        await until(pilot, lambda: any(each.target == ALARM for each in pilot.app.incidents))
        await pilot.press("exclamation_mark")
        await shows(pilot, IncidentScreen)
        yield pilot


async def shows(pilot: Pilot[Any], kind: type[Any]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind) and pilot.app.screen.is_mounted)
    guard = getattr(pilot.app.screen, "guard", None)
    if guard is not None:
        await until(pilot, lambda: guard.is_open)


async def open_log_of_evidence(pilot: Pilot[Any]) -> None:
    screen = pilot.app.screen
    await until(pilot, lambda: screen.live is not None)
    await until(pilot, lambda: "データベースに接続できません" in screen_text(pilot))
    screen.detail.evidence.focus()
    await pilot.press("enter")
    await shows(pilot, LogsScreen)


async def choose_first_cause(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: pilot.app.screen.live is not None)
    await pilot.press("equals_sign")
    await shows(pilot, ChooseScreen)
    await pilot.press("enter")
    await shows(pilot, IncidentDialog)


def incident(pilot: Pilot[Any]) -> Any:
    return next(each for each in pilot.app.incidents if each.target == ALARM)


def step(pilot: Pilot[Any], index: int) -> StepMark | None:
    return next((each.mark for each in incident(pilot).steps if each.index == index), None)


async def test_an_alarm_opens_an_incident_that_every_screen_calls_for(embedded: Embedded) -> None:
    async with console(embedded.url, embedded.clock, size=SIZE) as pilot:
        await until(pilot, lambda: pilot.app.incidents)
        for mode in "2346":
            await pilot.press(mode)
            await until(pilot, lambda: "□ not taken" in screen_text(pilot).splitlines()[1])
        assert "(!" in screen_text(pilot).splitlines()[0], "the mode's badge marks that nobody has taken it"


@pytest.mark.slow
@pytest.mark.scenario("ecs-cpu")
async def test_an_overdue_escalation_is_told_on_every_screen(embedded: Embedded) -> None:
    # The console opens when the alarm has been firing for long: its clocks count from the alarm's own time.
    async with console(embedded.url, embedded.clock, size=SIZE) as pilot:
        await until(pilot, lambda: any(each.target == "ecs-cpu-high" for each in pilot.app.incidents))
        for mode in "2346":
            await pilot.press(mode)
            await until(pilot, lambda: "▲ escalation " in screen_text(pilot).splitlines()[1])
        incidents = pilot.app.incidents
        late = next(each for each in incidents if each.target == "ecs-cpu-high")
        pilot.app.post_message(OpenIncident(late.id))
        await shows(pilot, IncidentScreen)
        await until(pilot, lambda: "tell PM (project manager) NOW" in screen_text(pilot))


@pytest.mark.slow
async def test_from_the_alarm_list_and_from_an_alarm_its_incident_is_one_key_away(embedded: Embedded) -> None:
    async with console(embedded.url, embedded.clock, size=SIZE) as pilot:
        await until(pilot, lambda: pilot.app.incidents)
        await until(pilot, lambda: pilot.app.screen.alarms.chosen.id == ALARM)
        await pilot.press("5")
        await shows(pilot, IncidentScreen)
        assert pilot.app.screen.first.target == ALARM
        await pilot.press("a")
        await shows(pilot, AlarmScreen)
        await pilot.press("5")
        await shows(pilot, IncidentScreen)
        await pilot.press("escape")
        await shows(pilot, RespondScreen)
        await pilot.press("enter")
        await shows(pilot, IncidentScreen)


@pytest.mark.slow
async def test_taking_ticking_and_skipping_are_recorded_with_a_key_each(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: incident(pilot).state is IncidentState.TAKEN)
        await until(pilot, lambda: "not taken" not in screen_text(pilot))
        await pilot.press("space")
        await until(pilot, lambda: step(pilot, 0) is StepMark.DONE)
        await until(pilot, lambda: pilot.app.screen.detail.step == 1)
        await pilot.press("minus")
        await shows(pilot, IncidentDialog)
        await pilot.press("enter")
        await until(pilot, lambda: "Nothing has been written yet." in screen_text(pilot))
        await pilot.press(*"seen", "enter")
        await until(pilot, lambda: step(pilot, 1) is StepMark.SKIPPED)
        await shows(pilot, IncidentScreen)
        await pilot.press("up", "space")
        await until(pilot, lambda: step(pilot, 0) is StepMark.TODO)


@pytest.mark.slow
async def test_the_evidence_is_there_by_itself_and_a_row_leads_to_its_minute(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await open_log_of_evidence(pilot)
        await until(pilot, lambda: pilot.app.screen.tails)


@pytest.mark.slow
async def test_a_step_opens_by_its_number_and_a_change_opens_its_plan(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await pilot.press("full_stop", "1")
        await shows(pilot, LogsScreen)
        await pilot.press("5")
        await shows(pilot, IncidentScreen)
        await pilot.press("full_stop", "7")
        await shows(pilot, PlanScreen)
        assert pilot.app.screen.kind == "deploy-rollback", "the plan of the engine, not a second way"


@pytest.mark.slow
async def test_telling_somebody_stops_the_clock_and_is_recorded(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await pilot.press("m")
        await shows(pilot, ToldScreen)
        assert pilot.app.screen.whom.value == "Development team", "whom the playbook names"
        await pilot.press(*"looking into it", "enter")
        await until(pilot, lambda: incident(pilot).contacted)
        contact = incident(pilot).contacted[0]
        assert (contact.role, contact.channel, contact.note) == (
            "Development team",
            "phone",
            "looking into it",
        )
        await shows(pilot, IncidentScreen)
        await until(pilot, lambda: "Development team was told" in screen_text(pilot))


@pytest.mark.slow
async def test_a_cause_is_decided_with_a_note(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await choose_first_cause(pilot)
        await pilot.press(*"the log says so", "enter")
        await until(pilot, lambda: incident(pilot).decision is not None)
        assert incident(pilot).decision.note == "the log says so"


@pytest.mark.slow
async def test_the_step_that_decides_lists_the_causes_and_is_done_by_deciding(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: screen.live is not None)
        await pilot.press("down", "down", "down", "down")
        await until(pilot, lambda: "Evidence: Weighed causes" in screen_text(pilot))
        await pilot.press("tab", "enter")
        await shows(pilot, IncidentDialog)
        await pilot.press("enter")
        await until(pilot, lambda: incident(pilot).decision is not None)
        assert incident(pilot).decision.cause == screen.detail.view.assessment.leader.id
        await until(pilot, lambda: screen.detail.view.mark(4) is StepMark.DONE)


@pytest.mark.slow
async def test_an_incident_of_a_firing_alarm_is_closed_with_a_warning(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await pilot.press("x")
        await shows(pilot, CloseScreen)
        assert "The alarm is still firing" in screen_text(pilot)


@pytest.mark.slow
async def test_a_note_is_about_the_incident(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await pilot.press("f8")
        await until(pilot, lambda: "about " in screen_text(pilot))
        await pilot.press(*"pool is full", "enter")
        await shows(pilot, IncidentScreen)
        screen = pilot.app.screen
        await until(pilot, lambda: any("pool is full" in row.text for row in screen.detail.view.timeline))
        entries = await pilot.app.ready.incidents.entries(incident(pilot))
        assert [each.text for each in entries if each.kind is EntryKind.NOTE] == ["pool is full"]


@pytest.mark.slow
async def test_slack_gets_a_proposal_that_a_person_sends(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await pilot.press("p")
        await shows(pilot, PostScreen)
        assert "ALB" in pilot.app.screen.field.text


@pytest.mark.slow
async def test_handing_over_is_offered_and_stays_until_it_is_accepted(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: incident(pilot).holder)
        await pilot.press("H")
        await shows(pilot, HandOverScreen)
        await pilot.press(*"ask dev at 4", "enter")
        await until(pilot, lambda: incident(pilot).hand_over is not None)
        await shows(pilot, IncidentScreen)
        await until(pilot, lambda: "hands this over" in screen_text(pilot))


@pytest.mark.slow
async def test_closing_takes_a_summary_and_leaves_dated_duties(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await pilot.press("x")
        await shows(pilot, CloseScreen)
        await pilot.press("enter")
        await until(pilot, lambda: "in one sentence" in screen_text(pilot))
        await pilot.press(*"pool raised")
        pilot.app.screen.follow_ups.focus()
        await pilot.press(*"tomorrow", "enter")
        await until(pilot, lambda: "needs a day" in screen_text(pilot))
        await pilot.press(*" add an index")
        pilot.app.screen.cause.focus()
        await pilot.press("enter")
        await until(pilot, lambda: not incident(pilot).is_open)
        assert incident(pilot).summary == "pool raised"
        assert [each.text for each in pilot.app.ready.incidents.follow_ups] == ["add an index"]
        await until(pilot, lambda: "closed by" in screen_text(pilot))


@pytest.mark.slow
async def test_an_incident_without_a_partner_cannot_be_joined(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        others = [each for each in pilot.app.incidents if each.target != ALARM]
        await pilot.press("J")
        if others:
            await shows(pilot, ChooseScreen)
            await pilot.press("enter")
            await until(pilot, lambda: incident(pilot).joined_to)
        else:
            await until(pilot, lambda: "no other open incident" in screen_text(pilot))


@pytest.mark.slow
async def test_reading_again_is_a_key(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: screen.live is not None)
        first = screen.live
        embedded.advance(5)
        await pilot.press("r")
        await until(pilot, lambda: screen.live is not first)
        assert not pilot.app.bugs


@pytest.mark.slow
async def test_a_step_that_tells_or_decides_opens_its_dialog(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await pilot.press("full_stop", "6")
        await shows(pilot, ToldScreen)
        await pilot.press("escape")
        await shows(pilot, IncidentScreen)
        await pilot.press("full_stop", "5")
        await shows(pilot, ChooseScreen)


@pytest.mark.slow
async def test_a_finding_that_is_abnormal_begins_an_incident_once(embedded: Embedded) -> None:
    async with console(embedded.url, embedded.clock, size=SIZE) as pilot:
        app = pilot.app
        recorded = await app.ready.scheduler.runs.run_on_demand("alarms")
        assert recorded.finding.verdict is Verdict.ABNORMAL
        for _time in range(2):
            app.push_screen(FindingScreen("finding", recorded))
            await shows(pilot, FindingScreen)
            await pilot.press("c")
            await shows(pilot, IncidentScreen)
            assert app.screen.first.target == "alarms"
            await pilot.press("1")
            await until(pilot, lambda: app.current_mode == "watch")
            await pilot.press("escape")
        assert len([each for each in app.incidents if each.target == "alarms"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("size", [(120, 40), (200, 60), (80, 30)])
async def test_every_part_is_on_the_screen_at_other_sizes(embedded: Embedded, size: tuple[int, int]) -> None:
    async with responding(embedded, size) as pilot:
        await until(pilot, lambda: pilot.app.screen.live is not None)
        await until(pilot, lambda: "has no connection left" in screen_text(pilot))
        words = screen_text(pilot)
        for part in ("Causes", "Steps", "Evidence: Logs", "Timeline", "min"):
            assert part in words


@pytest.mark.slow
async def test_the_report_opens_by_a_key_and_is_saved(embedded: Embedded) -> None:
    async with responding(embedded) as pilot:
        await pilot.press("g")
        await shows(pilot, IncidentReportScreen)
        await until(pilot, lambda: pilot.app.screen.report is not None)
        assert "Incident report" in screen_text(pilot)
        await pilot.press("ctrl+s")
        await shows(pilot, ChooseScreen)
        await pilot.press("enter")
        await until(pilot, lambda: "Saved to" in screen_text(pilot))


@pytest.mark.slow
async def test_with_nothing_answering_the_age_is_that_of_the_newest_answer(embedded: Embedded) -> None:
    async with responding(embedded, (120, 40)) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: incident(pilot).evidence and screen.live is not None)
        first = screen.live
        embedded.advance(61)
        await until(pilot, lambda: screen.live is not first)
        newest = screen.live.ended
        embedded.fault(preset="denied")
        embedded.advance(180)
        await until(pilot, lambda: "nothing answers since" in screen_text(pilot))
        heads = [line for line in screen_text(pilot).splitlines() if "nothing answers since" in line]
        assert len(heads) == 2, "beside the word and above the evidence"
        assert all(f"read {newest.astimezone(pilot.app.zone):%H:%M} (3m old)" in line for line in heads)


@pytest.mark.slow
async def test_what_could_not_be_read_at_first_changes_the_word_by_itself_and_is_recorded(
    embedded: Embedded,
) -> None:
    embedded.fault("logs", "FilterLogEvents", preset="denied")
    embedded.fault("cloudwatch", "GetMetricData", preset="denied")
    async with responding(embedded) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: incident(pilot).evidence and screen.live is not None)
        await until(pilot, lambda: screen.detail.view.assessment is not None)
        first = screen.detail.view.assessment
        embedded.clear_faults()
        embedded.advance(61)
        await until(pilot, lambda: screen.detail.view.assessment.word is Word.STRONG)
        assert "The database has no connection left." in screen_text(pilot)
        await until(pilot, lambda: len(incident(pilot).evidence) == 2)
        assert first.word is not Word.STRONG
        await pilot.press("number_sign")
        await until(pilot, lambda: "+15" in screen_text(pilot))
