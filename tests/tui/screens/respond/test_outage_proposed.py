from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from textual.pilot import Pilot

from services.demo.incidents.drawing import draw
from services.incidents.findings import begin
from services.incidents.outages import accept
from services.inspections.registry import INSPECTIONS
from services.models.causes import Word
from services.models.findings import Finding, Measure
from services.models.first_wave import Sure
from services.models.incidents import ClockKind, Incident, TurnKind
from services.models.outages import Outage, OutageKind
from services.models.verdict import Verdict
from tests.tools.console import console, press, screen_text, until
from tui.screens.duties.finding import FindingScreen
from tui.screens.respond.closing import OWN
from tui.screens.respond.incident import IncidentScreen

MORNING = datetime(2026, 1, 20, 1, 0, tzinfo=UTC)
ATTACK = pytest.mark.scenario("attack", origin=MORNING, history=4 * 3600)
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("at_once")]


@ATTACK
async def test_an_attack_stands_on_watch_and_two_keys_open_its_incident(embedded):
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.outages and "proposed" in screen_text(pilot))
        before = app.journal_head
        await press(pilot, "exclamation_mark", at="RespondScreen", shows="open it")
        assert not app.incidents, "a proposal is none yet"
        assert app.journal_head == before
        await press(pilot, "enter", at="IncidentScreen", then=lambda: app.screen.is_mounted)
        (incident,) = app.incidents
        assert (incident.target, incident.holder) == ("waf-blocks", app.ready.journal.person.name)
        await until(pilot, lambda: app.incidents[0].evidence and not app.outages)
        view = app.screen.detail.view
        assert len(view.playbook.steps) == 2
        await until(pilot, lambda: app.screen.records.evidence is not None)
        evidence = app.screen.records.evidence
        assert len(evidence.answers) == 4


@ATTACK
async def test_an_attacks_questions_are_asked_again_and_keep_their_age(embedded):
    async with console(embedded.url, embedded.clock, mode="respond", size=(80, 24)) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.outages and "open it" in screen_text(pilot))
        await press(pilot, "c", at="IncidentScreen", then=lambda: app.screen.live is not None)
        screen, first = app.screen, app.screen.live
        assert "r Read again" in screen_text(pilot).splitlines()[-1]
        await press(pilot, "number_sign", shows="There are no numbers")
        recorded = len(app.incidents[0].evidence)
        counts = embedded.counts()
        embedded.advance(61)
        await until(pilot, lambda: screen.live is not first)
        asked = {
            name: n - counts.get(name, 0) for name, n in embedded.counts().items() if n > counts.get(name, 0)
        }
        of_questions = ("wafv2.", "logs.Filter", "cloudtrail.")
        assert sum(n for name, n in asked.items() if name.startswith(of_questions)) <= 17, asked
        second = screen.detail.view.evidence.answered
        assert second > first.answered
        assert len(app.incidents[0].evidence) == recorded, "nothing else is known than before"
        embedded.fault(preset="denied")
        embedded.advance(120)
        await until(pilot, lambda: "nothing answers since" in screen_text(pilot))
        time = f"{second.astimezone(app.zone):%H:%M}"
        assert f"read {time} (2m old); nothing answers since" in screen_text(pilot)
        view = screen.detail.view
        assert [each.sure for each in view.evidence.answers] == [each.sure for each in first.answers]
        assert view.evidence.series
        assert len(app.incidents[0].evidence) == recorded


@pytest.mark.scenario(draw("alb-5xx", 6, ["dns-tls"], lead=-600), origin=MORNING, history=4 * 3600)
async def test_the_incident_of_an_expired_certificate_weighs_dns_and_tls(embedded):
    async with console(embedded.url, embedded.clock, mode="respond") as pilot:
        app = pilot.app
        await until(
            pilot, lambda: {OutageKind.CERTIFICATE, OutageKind.TRAFFIC} <= {o.kind for o in app.outages}
        )
        outage = next(each for each in app.outages if each.kind is OutageKind.TRAFFIC)
        await until(pilot, lambda: app.screen.table.row_count)
        app.screen.table.move_to(str(outage.target))
        await press(pilot, "c", at="IncidentScreen", then=lambda: app.screen.is_mounted)
        await until(pilot, lambda: app.screen.detail.view.assessment)
        assert app.screen.detail.view.assessment.leader.id == "dns-tls"
        await press(pilot, "x", at="CloseScreen", then=lambda: app.screen.is_mounted)
        assert app.screen.cause.value == "dns-tls"
        await press(pilot, "escape", at="IncidentScreen")
        state = app.ready.feeds["outages"].state

        def turns() -> list[TurnKind]:
            kinds = (turn.kind for turn in app.screen.incident_at_hand().turns)
            return [kind for kind in kinds if kind is not TurnKind.RECOVERED]

        app.ready.response.watch.observe_outages(replace(state, value=()))
        await until(pilot, lambda: turns() == [TurnKind.OK])
        app.ready.response.watch.observe_outages(state)
        await until(pilot, lambda: turns() == [TurnKind.OK, TurnKind.ALARM])


@ATTACK
async def test_the_incident_of_blocked_requests_is_a_whole_one(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect", size=(120, 40)) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.duties)
        recorded = await app.ready.scheduler.runs.run_on_demand("waf-blocks")
        screen = FindingScreen(recorded.subject, recorded)
        await app.push_screen(screen)
        await until(pilot, lambda: screen.guard.is_open)
        await press(pilot, "c", at="IncidentScreen", then=lambda: app.screen.is_mounted)
        await until(pilot, lambda: app.screen.records.evidence is not None)
        view = app.screen.detail.view
        assert [str(step.text) for step in view.playbook.steps] == [
            str(text) for text in recorded.finding.advice
        ]
        answers = {str(each.title): each for each in app.screen.records.evidence.answers}
        assert "since 08:30" in str(answers["Since when does it grow?"].answer)
        assert "198.51.100.77" in str(answers["Which rule blocks how much, from where?"].answer)
        through = answers["Did other requests of these addresses get through?"]
        assert through.sure is Sure.UNSEEN, "logs that do not name who sends a request prove nothing"
        assert "known up to 09:45" in str(answers["Did anyone sign in to AWS from these addresses?"].read)
        await until(pilot, lambda: any(chart.data.curves for chart in app.screen.detail.charts))
        assert "Questions" in screen_text(pilot)
        await until(pilot, lambda: not app.outages)


FACT = "4 a minute (usual: 104)"


async def whole(pilot: Pilot[None], incident: Incident | None) -> IncidentScreen:
    """The screen of an incident that no alarm began, once everything is there that helps."""
    assert incident is not None
    app = pilot.app
    app.incidents = app.ready.incidents.incidents
    screen = IncidentScreen(incident)
    await app.push_screen(screen)
    await until(pilot, lambda: screen.records.evidence is not None)
    view = screen.detail.view
    assert view.playbook.steps, incident.target
    assert len(view.evidence.answers) >= 3, incident.target
    await until(pilot, lambda: any(chart.data.curves for chart in screen.detail.charts))
    text = screen_text(pilot)
    assert FACT in text
    assert all(str(answer.title) in text for answer in view.evidence.answers), text
    return screen


@pytest.mark.parametrize("kind", OutageKind)
async def test_the_incident_of_each_outage_is_a_whole_one(embedded, kind):
    async with console(embedded.url, embedded.clock, mode="respond", size=(200, 100)) as pilot:
        app = pilot.app
        now = app.aws_now()
        ends = now - timedelta(minutes=4)
        outage = Outage(
            kind=kind, title="It is out", measured=FACT, since=ends, seen_at=now,
            ends=ends if kind is OutageKind.CERTIFICATE else None,
        )  # fmt: skip
        screen = await whole(pilot, await accept(app.ready.incidents, app.ready.runbook, outage))
        is_attack = kind is OutageKind.FIREWALL
        clocks = [clock.kind for clock in screen.detail.view.clocks]
        assert clocks == ([] if is_attack else [ClockKind.ESCALATION]), "those that the runbook sets"
        await press(pilot, "m", at="ToldScreen", then=lambda: app.screen.guard.is_open)
        text = screen_text(pilot)
        assert ("It may be an attack." if is_attack else "without an alarm.") in text
        assert "inspection" not in text
        assert FACT in text
        await press(pilot, "escape", then=lambda: app.screen is screen)
        await press(pilot, "x", at="CloseScreen", then=lambda: app.screen.is_mounted)
        assessment = screen.detail.view.assessment
        is_likely = assessment is not None and assessment.word is not Word.OPEN
        assert app.screen.cause.value == (assessment.leader.id if is_likely else OWN)
        assert [id for id, _title in app.screen.cause.choices] == [OWN] or not is_attack


async def test_the_incident_of_each_finding_is_a_whole_one(embedded):
    async with console(embedded.url, embedded.clock, mode="respond", size=(200, 100)) as pilot:
        app = pilot.app
        measure = Measure(title="It", shown=FACT, verdict=Verdict.ABNORMAL)
        for inspection in (*(each.id for each in INSPECTIONS), "own-check"):
            finding = Finding(
                inspection=inspection, title="It is not normal", verdict=Verdict.ABNORMAL, summary="A sentence",
                measures=(measure,), advice=("Do this",), read_at=app.aws_now() - timedelta(minutes=3),
            )  # fmt: skip
            screen = await whole(pilot, await begin(app.ready.incidents, app.ready.runbook, finding))
            await press(pilot, "x", at="CloseScreen", then=lambda: app.screen.is_mounted)
            assert [id for id, _title in app.screen.cause.choices] == [OWN], inspection
            await press(pilot, "escape", then=lambda screen=screen: app.screen is screen)
            await pilot.press("escape")
