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
from tests.tools.console import console, expect, press, screen_text, until
from tui.messages import OpenIncident
from tui.screens.duties.finding import FindingScreen

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
        await press(pilot, "exclamation_mark", at="IncidentScreen")
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
    await press(pilot, "enter", at="LogsScreen")


async def choose_first_cause(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: pilot.app.screen.live is not None)
    await press(pilot, "equals_sign", at="ChooseScreen")
    await press(pilot, "enter", at="IncidentDialog")


def incident(pilot: Pilot[Any]) -> Any:
    return next(each for each in pilot.app.incidents if each.target == ALARM)


def step(pilot: Pilot[Any], index: int) -> StepMark | None:
    return next((each.mark for each in incident(pilot).steps if each.index == index), None)


async def test_an_alarm_opens_an_incident_that_every_screen_calls_for(embedded):
    async with console(embedded.url, embedded.clock, size=SIZE) as pilot:
        await until(pilot, lambda: pilot.app.incidents)
        for mode in "2346":
            await press(pilot, mode, then=lambda: "□ not taken" in screen_text(pilot).splitlines()[1])
        assert "(!" in screen_text(pilot).splitlines()[0], "the mode's badge marks that nobody has taken it"


@pytest.mark.slow
@pytest.mark.scenario("ecs-cpu")
async def test_an_overdue_escalation_is_told_on_every_screen(embedded):
    # The console opens when the alarm has been firing for long: its clocks count from the alarm's own time.
    async with console(embedded.url, embedded.clock, size=SIZE) as pilot:
        await until(pilot, lambda: any(each.target == "ecs-cpu-high" for each in pilot.app.incidents))
        for mode in "2346":
            await press(pilot, mode, then=lambda: "▲ escalation " in screen_text(pilot).splitlines()[1])
        incidents = pilot.app.incidents
        late = next(each for each in incidents if each.target == "ecs-cpu-high")
        pilot.app.post_message(OpenIncident(late.id))
        await expect(pilot, at="IncidentScreen", shows="tell PM (project manager) NOW")


@pytest.mark.slow
async def test_from_the_alarm_list_and_from_an_alarm_its_incident_is_one_key_away(embedded):
    async with console(embedded.url, embedded.clock, size=SIZE) as pilot:
        await until(pilot, lambda: pilot.app.incidents)
        await until(pilot, lambda: pilot.app.screen.alarms.chosen.id == ALARM)
        await press(pilot, "5", at="IncidentScreen")
        assert pilot.app.screen.first.target == ALARM
        await press(pilot, "a", at="AlarmScreen")
        await press(pilot, "5", at="IncidentScreen")
        await press(pilot, "escape", at="RespondScreen")
        await press(pilot, "enter", at="IncidentScreen")


@pytest.mark.slow
async def test_taking_ticking_and_skipping_are_recorded_with_a_key_each(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "c", then=lambda: incident(pilot).state is IncidentState.TAKEN)
        await until(pilot, lambda: "not taken" not in screen_text(pilot))
        await press(pilot, "space", then=lambda: step(pilot, 0) is StepMark.DONE)
        await until(pilot, lambda: pilot.app.screen.detail.step == 1)
        await press(pilot, "minus", at="IncidentDialog")
        await press(pilot, "enter", shows="Nothing has been written yet.")
        await press(pilot, *"seen", "enter", then=lambda: step(pilot, 1) is StepMark.SKIPPED)
        await expect(pilot, at="IncidentScreen")
        await press(pilot, "up", "space", then=lambda: step(pilot, 0) is StepMark.TODO)


@pytest.mark.slow
async def test_the_evidence_is_there_by_itself_and_a_row_leads_to_its_minute(embedded):
    async with responding(embedded) as pilot:
        await open_log_of_evidence(pilot)
        await until(pilot, lambda: pilot.app.screen.tails)


@pytest.mark.slow
async def test_a_step_opens_by_its_number_and_a_change_opens_its_plan(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "full_stop", "1", at="LogsScreen")
        await press(pilot, "5", at="IncidentScreen")
        await press(pilot, "full_stop", "7", at="PlanScreen")
        assert pilot.app.screen.kind == "deploy-rollback", "the plan of the engine, not a second way"


@pytest.mark.slow
async def test_telling_somebody_stops_the_clock_and_is_recorded(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "m", at="ToldScreen")
        assert pilot.app.screen.whom.value == "Development team", "whom the playbook names"
        await press(pilot, *"looking into it", "enter", then=lambda: incident(pilot).contacted)
        contact = incident(pilot).contacted[0]
        assert (contact.role, contact.channel, contact.note) == (
            "Development team",
            "phone",
            "looking into it",
        )
        await expect(pilot, at="IncidentScreen", shows="Development team was told")


@pytest.mark.slow
async def test_a_cause_is_decided_with_a_note(embedded):
    async with responding(embedded) as pilot:
        await choose_first_cause(pilot)
        await press(pilot, *"the log says so", "enter", then=lambda: incident(pilot).decision is not None)
        assert incident(pilot).decision.note == "the log says so"


@pytest.mark.slow
async def test_the_step_that_decides_lists_the_causes_and_is_done_by_deciding(embedded):
    async with responding(embedded) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: screen.live is not None)
        await press(pilot, "down", "down", "down", "down", shows="Evidence: Weighed causes")
        await press(pilot, "tab", "enter", at="IncidentDialog")
        await press(pilot, "enter", then=lambda: incident(pilot).decision is not None)
        assert incident(pilot).decision.cause == screen.detail.view.assessment.leader.id
        await until(pilot, lambda: screen.detail.view.mark(4) is StepMark.DONE)


@pytest.mark.slow
async def test_an_incident_of_a_firing_alarm_is_closed_with_a_warning(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "x", at="CloseScreen", shows="The alarm is still firing")


@pytest.mark.slow
async def test_a_note_is_about_the_incident(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "f8", shows="about ")
        screen = await press(pilot, *"pool is full", "enter", at="IncidentScreen")
        await until(pilot, lambda: any("pool is full" in row.text for row in screen.detail.view.timeline))
        entries = await pilot.app.ready.incidents.entries(incident(pilot))
        assert [each.text for each in entries if each.kind is EntryKind.NOTE] == ["pool is full"]


@pytest.mark.slow
async def test_slack_gets_a_proposal_that_a_person_sends(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "p", at="PostScreen")
        assert "ALB" in pilot.app.screen.field.text


@pytest.mark.slow
async def test_handing_over_is_offered_and_stays_until_it_is_accepted(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "c", then=lambda: incident(pilot).holder)
        await press(pilot, "H", at="HandOverScreen")
        await press(pilot, *"ask dev at 4", "enter", then=lambda: incident(pilot).hand_over is not None)
        await expect(pilot, at="IncidentScreen", shows="hands this over")


@pytest.mark.slow
async def test_closing_takes_a_summary_and_leaves_dated_duties(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "x", at="CloseScreen")
        await press(pilot, "enter", shows="in one sentence")
        await pilot.press(*"pool raised")
        pilot.app.screen.follow_ups.focus()
        await press(pilot, *"tomorrow", "enter", shows="needs a day")
        await pilot.press(*" add an index")
        pilot.app.screen.cause.focus()
        await press(pilot, "enter", then=lambda: not incident(pilot).is_open)
        assert incident(pilot).summary == "pool raised"
        assert [each.text for each in pilot.app.ready.incidents.follow_ups] == ["add an index"]
        await until(pilot, lambda: "closed by" in screen_text(pilot))


@pytest.mark.slow
async def test_an_incident_without_a_partner_cannot_be_joined(embedded):
    async with responding(embedded) as pilot:
        others = [each for each in pilot.app.incidents if each.target != ALARM]
        await pilot.press("J")
        if others:
            await expect(pilot, at="ChooseScreen")
            await press(pilot, "enter", then=lambda: incident(pilot).joined_to)
        else:
            await until(pilot, lambda: "no other open incident" in screen_text(pilot))


@pytest.mark.slow
async def test_reading_again_is_a_key(embedded):
    async with responding(embedded) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: screen.live is not None)
        first = screen.live
        embedded.advance(5)
        await press(pilot, "r", then=lambda: screen.live is not first)
        assert not pilot.app.bugs


@pytest.mark.slow
async def test_a_step_that_tells_or_decides_opens_its_dialog(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "full_stop", "6", at="ToldScreen")
        await press(pilot, "escape", at="IncidentScreen")
        await press(pilot, "full_stop", "5", at="ChooseScreen")


@pytest.mark.slow
async def test_a_finding_that_is_abnormal_begins_an_incident_once(embedded):
    async with console(embedded.url, embedded.clock, size=SIZE) as pilot:
        app = pilot.app
        recorded = await app.ready.scheduler.runs.run_on_demand("alarms")
        assert recorded.finding.verdict is Verdict.ABNORMAL
        for _time in range(2):
            app.push_screen(FindingScreen("finding", recorded))
            await expect(pilot, at="FindingScreen")
            await press(pilot, "c", at="IncidentScreen")
            assert app.screen.first.target == "alarms"
            await press(pilot, "1", then=lambda: app.current_mode == "watch")
            await pilot.press("escape")
        assert len([each for each in app.incidents if each.target == "alarms"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("size", [(120, 40), (200, 60), (80, 30)])
async def test_every_part_is_on_the_screen_at_other_sizes(embedded, size):
    async with responding(embedded, size) as pilot:
        await until(pilot, lambda: pilot.app.screen.live is not None)
        await until(pilot, lambda: "has no connection left" in screen_text(pilot))
        words = screen_text(pilot)
        for part in ("Causes", "Steps", "Evidence: Logs", "Timeline", "min"):
            assert part in words


@pytest.mark.slow
async def test_the_report_opens_by_a_key_and_is_saved(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "g", at="IncidentReportScreen", then=lambda: pilot.app.screen.report is not None)
        assert "Incident report" in screen_text(pilot)
        await press(pilot, "ctrl+s", at="ChooseScreen")
        await press(pilot, "enter", shows="Saved to")


@pytest.mark.slow
async def test_with_nothing_answering_the_age_is_that_of_the_newest_answer(embedded):
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
async def test_what_is_read_later_changes_the_word_and_is_recorded(embedded):
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
        await press(pilot, "number_sign", shows="+15")
