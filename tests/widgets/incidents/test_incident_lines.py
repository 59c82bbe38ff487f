import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

import pytest
from rich.cells import cell_len

from services import i18n
from services.incidents.clocks import clocks, overdue
from services.incidents.live import with_captured
from services.incidents.reason import reason_of
from services.models.causes import Word
from services.models.date_text import time_text
from services.models.first_wave import (
    LogSample,
    Measure,
    NetworkPath,
    SourceReading,
    StoppedContainer,
    StoppedTask,
)
from services.models.incidents import (
    ClockKind,
    ClockState,
    Decision,
    HandOver,
    IncidentClock,
    IncidentState,
    StepKind,
    StepMark,
    StepRecord,
    Turn,
    TurnKind,
)
from services.models.metrics import TimeSpan
from services.models.problem import Problem, ProblemKind
from tests.conftest import assert_in
from tests.widgets import incident_data as data
from widgets.drawing.lines import plain, width_of
from widgets.incidents.causes import (
    OWN_WORDS,
    cause_entries,
    cause_of,
    choice_entries,
    read_spans,
    word_spans,
)
from widgets.incidents.entries import IncidentEntry
from widgets.incidents.evidence.log_lines import log_message
from widgets.incidents.evidence.pages import PAGES, page_for
from widgets.incidents.head import head_lines
from widgets.incidents.incident_wording import IncidentAlert, alert_forms, clock_span, clock_word
from widgets.incidents.list import incident_rows
from widgets.incidents.steps import step_entries
from widgets.incidents.summary import summary_lines
from widgets.incidents.timeline import timeline_entries
from widgets.incidents.view import IncidentView

leading_entries = partial(cause_entries, is_brief=True)


@pytest.fixture(params=["ja", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    i18n.use(request.param)
    yield request.param
    i18n.use("en")


def text(entries: Sequence[IncidentEntry]) -> str:
    return "\n".join(line for entry in entries for line in plain(entry.lines))


def page(look: str | None, width: int = 76, **fields: object) -> str:
    return text(page_for(look, StepKind.LOOK, "alb-5xx").entries(data.context(**fields), width))


# -- the head


def test_an_untaken_incident_says_so_and_names_the_key():
    view = data.view(incident=data.incident(state=IncidentState.OPEN, holder="", taken_at=None))
    words = "\n".join(plain(head_lines(view, data.NOW, 80)))
    assert "not taken ALB 5XX エラー率" in words, "the title is whole"
    assert "c take it" in words
    numbered = head_lines(data.view(shows_numbers=True), data.NOW, 80)
    assert "T0 03:04" in "\n".join(plain(numbered))


def test_the_clocks_say_how_much_is_left_and_by_how_much_they_are_over():
    words = "\n".join(plain(head_lines(data.view(), data.NOW, 80)))
    assert_in(words, "no recovery by itself, 2m 40s over", "tell 開発チーム: 2m 20s left")
    later = data.NOW + timedelta(minutes=3)
    lines = head_lines(data.view(), later, 80)
    assert ("alert") in [role for line in lines for _text, role in line]
    assert "tell 開発チーム NOW: 40s over" in "\n".join(plain(lines)), "the clock ticks without a new model"


def test_a_hand_over_and_an_incident_of_the_same_time_wait_for_a_key():
    offer = HandOver(by="tanaka", note="ask dev\nat 4", at=data.NOW, seq=20)
    other = data.incident(id="incident:ecs-cpu@x", title="ECS CPU")
    view = data.view(incident=data.incident(hand_over=offer), joinable=(other,))
    words = "\n".join(plain(head_lines(view, data.NOW, 80)))
    assert "H accept" in words
    assert "ask dev at 4" in words, "what the next person must know"
    assert "“ECS CPU” began at the same time" in words


def test_a_part_of_another_incident_says_of_which():
    words = "\n".join(plain(head_lines(data.view(joined_title="ALB latency"), data.NOW, 80)))
    assert "part of “ALB latency”" in words


# -- causes


def test_the_causes_to_choose_from_are_the_possible_ones_and_own_words():
    view = data.view()
    possible = [cause.id for cause in view.assessment.causes if not cause.impossible]
    entries = choice_entries(view, data.NOW, 78)
    assert [cause_of(entry.key) for entry in entries] == [*possible, OWN_WORDS]
    assert all(entry.can_choose for entry in entries)
    decision = Decision(cause=possible[1], title="x", at=data.NOW, by="tanaka")
    entries = choice_entries(data.view(incident=data.incident(decision=decision)), data.NOW, 78)
    assert [entry.key for entry in entries if "decided" in text([entry])] == [f"cause:{possible[1]}"]


def test_the_age_of_the_reading_stands_beside_the_word():
    view, read_at = data.view(), data.evidence().ended
    words = "".join(part for part, _role in word_spans(view, read_at + timedelta(seconds=30)))
    assert f"read {read_at.astimezone(view.zone):%H:%M}" in words
    assert "old" not in words
    spans = word_spans(view, read_at + timedelta(minutes=7))
    assert "(7m old)" in "".join(part for part, _role in spans)
    assert ("warn") in [role for part, role in spans if "old" in part]


@pytest.mark.parametrize("make", [word_spans, read_spans])
def test_an_attempt_is_no_reading(make):
    captured = data.evidence()
    problem = Problem(kind=ProblemKind.UNREACHABLE, summary="no response", at=data.NOW)
    failing = tuple(each.model_copy(update={"problem": problem}) for each in captured.readings)
    later = captured.ended + timedelta(minutes=7)
    live = captured.model_copy(update={"readings": failing, "began": later, "ended": later})
    view = data.view(evidence=with_captured(live, captured))
    words = "".join(part for part, _role in make(view, later))
    assert f"read {captured.ended.astimezone(view.zone):%H:%M} (7m old); nothing answers since" in words
    assert f"{later.astimezone(view.zone):%H:%M}" not in words
    words = "".join(part for part, _role in make(data.view(evidence=live), later))
    assert "nothing answers" in words
    assert "read" not in words.replace("already", "")


@pytest.mark.parametrize("make", [leading_entries, cause_entries])
def test_what_is_not_all_on_the_screen_ends_in_an_ellipsis(make):
    reason = "One fact after the other. " * 20
    lines = text(make(data.view(reason=reason), data.NOW, 78)).splitlines()
    begin = next(index for index, line in enumerate(lines) if "Why:" in line)
    rows = [line for line in lines[begin:] if "fact" in line or "other" in line]
    assert (rows[-1].endswith("…") and len(rows) == 2) is (make is leading_entries)


def test_the_network_says_up_to_when_cloudtrail_shows_nothing():
    evidence = data.evidence(writes=())
    until = f"{(evidence.ended - timedelta(minutes=15)).astimezone(data.JST):%H:%M}"
    words = page("sign-ins", writes=())
    assert_in(words, f"CloudTrail shows none up to {until}", f"known until {until}")
    cut = tuple(each.model_copy(update={"cut": "more"}) for each in evidence.readings)
    assert "shows none" not in page("sign-ins", writes=(), readings=cut)


def test_the_leading_cause_stands_first_with_its_heaviest_facts_and_what_it_explains(language):
    words = text(cause_entries(data.view(shows_numbers=True), data.NOW, 118))
    lines = words.splitlines()
    assert "31  DB の飽和" in lines[0]
    assert "+15 ◆" in lines[1]
    assert words.index("→ 接続を占める処理を止める") < words.index("タスクの異常終了"), (
        "what to do first about it"
    )
    assert words.index("↳ ターゲットの応答が遅い") < words.index("タスクの異常終了")
    assert words.count("ターゲットの応答が遅い") == 1, "an effect does not compete"


@pytest.mark.parametrize("make", [cause_entries, leading_entries])
def test_the_first_cause_says_why_and_what_to_do(make, language):
    view = data.view(reason=reason_of(data.assessment()))
    words = text(make(view, data.NOW, 118))
    lines = words.splitlines()
    assert lines[0] == "DB の飽和（接続・CPU・ロック）"
    assert "remaining connection slots are reserved" in lines[1]
    assert "→ 接続を占める処理を止める" in words
    assert not re.search(r"[+±-]\d|◆|\b31\b", words)
    assert (
        sum(
            "warn" in [role for _text, role in line]
            for each in make(view, data.NOW, 118)
            for line in each.lines
        )
        == 0
    )


@pytest.mark.parametrize("make", [cause_entries, leading_entries])
@pytest.mark.parametrize("is_proposed", [False, True])
def test_what_became_of_a_change_stands_in_the_place_of_its_proposal(make, is_proposed):
    specs = {id: spec.model_copy(update={"look": "deploy-rollback"}) for id, spec in data.SPECS.items()}
    outcomes = {"deploy-rollback": "10:05 Roll back (staff-api): ended otherwise"}
    view = data.view(specs=specs, outcomes=outcomes, advised="deploy-rollback" if is_proposed else "")
    words = text(make(view, data.NOW, 118))
    assert outcomes["deploy-rollback"] in words
    assert ("接続を占める処理を止める" in words) is is_proposed


@pytest.mark.parametrize("make", [cause_entries, leading_entries])
def test_a_cause_for_which_nothing_speaks_is_not_named_first(make):
    bare = data.CAUSES[0].model_copy(update={"supporting": (), "score": 4})
    assessment = data.assessment(Word.OPEN).model_copy(update={"causes": (bare,)})
    words = text(make(data.view(assessment=assessment), data.NOW, 76))
    assert words.startswith("No cause is supported by what was read.")
    assert "接続を占める処理を止める" not in words
    assert "1 source could not be read" in words
    named = text(make(data.view(assessment=data.assessment(Word.OPEN)), data.NOW, 76))
    assert named.startswith("? DB の飽和")


def test_a_cause_that_cannot_be_judged_names_what_to_look_at_next():
    words = text(leading_entries(data.view(assessment=data.assessment(Word.OPEN)), data.NOW, 76))
    assert "look next: 停止したタスクの終了コード" in words
    assert "look next" not in text(leading_entries(data.view(), data.NOW, 76)), "nothing more to look at"


def test_what_is_unseen_says_why_and_what_is_impossible_is_struck_out():
    quiet = cause_entries(data.view(), data.NOW, 118)
    assert "1 source could not be read  # which" in text(quiet)
    entries = cause_entries(data.view(shows_numbers=True), data.NOW, 118)
    assert "異常終了したタスク (ecs:DescribeTasks の権限がありません)" in text(entries)
    struck = [line for entry in entries for line in entry.lines for _text, role in line if role == "struck"]
    assert len(struck) == 1


def test_without_evidence_nothing_is_weighed():
    assert "no evidence" in text(cause_entries(data.view(assessment=None, evidence=None), data.NOW, 76))


# -- steps


def test_a_contact_that_nobody_can_reach_is_red_above_the_steps():
    entries = step_entries(data.view(), data.NOW, 76)
    assert entries[0].key == "undecided"
    assert {role for line in entries[0].lines for _text, role in line} == {"bad"}
    assert not entries[0].can_choose


def test_a_step_says_how_it_stands_who_did_it_and_where_it_leads(language):
    words = text(step_entries(data.view(), data.NOW, 76))
    assert_in(words, "1 ✓ ", "tanaka 03:10  接続枠が尽きている", "→ ダッシュボード")


# -- evidence


def test_no_step_of_the_shipped_runbook_has_an_empty_page(language):
    for playbook in data.RUNBOOK.playbooks:
        for lead in playbook.leads:
            page = page_for(lead.look, StepKind.LOOK, str(playbook.id))
            entries = page.entries(data.context(), 76)
            assert entries, (playbook.id, lead)
            assert any(entry.key != "empty" for entry in entries), (playbook.id, lead)


@pytest.mark.parametrize("width", [60, 76, 120])
def test_no_row_of_any_page_is_wider_than_the_panel(width, language):
    for name, page in PAGES.items():
        for entry in page.entries(data.context(), width):
            assert all(width_of(line) <= width for line in entry.lines), (name, entry.key)


def test_log_lines_of_one_kind_are_one_row_that_leads_to_its_minute():
    entries = PAGES["tail"].entries(data.context(), 76)
    words = text(entries)
    assert "×18 FATAL: remaining connection slots" in words
    assert "UTC:10.0.12.135" not in words, "what the database repeats in each line is left out"
    row = next(entry for entry in entries if "×18" in text([entry]))
    assert row.place.at == data.T0
    assert words.index("from T0 on") < words.index("before T0")


def test_a_json_line_says_its_message_and_its_error():
    line = '{"level":"ERROR","message":"failed","error":{"type":"Timeout","message":"30 s"},"requestId":"a"}'
    assert log_message(line) == "failed · Timeout 30 s"
    assert log_message("{broken") == "{broken"


def test_an_empty_log_says_from_when_to_when_nothing_matched():
    span = TimeSpan(start=data.minutes(-30), end=data.minutes(4))
    empty = LogSample(group="/ecs/staff-api", pattern="ERROR", span=span)
    assert "No line matched from 02:34 to 03:08" in page("tail", application_errors=empty)


def test_missing_tasks_and_why_auto_scaling_did_not_act(language):
    words = page("ecs")
    assert "◆" in words
    assert ("すでに最大値" if language == "ja" else "already at the maximum") in words


def test_a_stopped_task_says_its_reason_in_words():
    killed = StoppedTask(
        id="0a1b",
        code="EssentialContainerExited",
        reason="Essential container in task exited",
        containers=(
            StoppedContainer(name="app", exit_code=137, reason="OutOfMemoryError: Container killed"),
        ),
        definition="staff-api:42",
        stopped=data.minutes(1),
    )
    readings = tuple(SourceReading(source=each.source) for each in data.evidence().readings)
    words = page("ecs", stopped_tasks=(killed,), readings=readings)
    assert_in(words, "out of memory", "137: killed (SIGKILL)")


def test_a_refused_read_says_which_permission_is_missing():
    assert "? ecs:DescribeTasks の権限がありません。" in page("ecs")


def test_targets_say_their_reason_in_words_and_that_the_load_balancer_fails_open():
    assert "unhealthy: the health check times out" in page("targets")
    sick = tuple(each.model_copy(update={"state": "unhealthy"}) for each in data.evidence().targets)
    assert "No target is healthy" in page("targets", targets=sick)
    assert "with 503" in page("targets", targets=())


def test_the_storage_says_how_fast_it_fills_and_when_it_is_used_up():
    words = page("rds-storage")
    assert "-1 GiB an hour" in words
    assert "Used up in 5h 53m" in words, "counted from now, two minutes after the last value"
    steady = data.curve(Measure.DB_FREE, 9e9, 9e9)
    assert "does not fall" in page("rds-storage", series=(steady,))
    full = data.curve(Measure.DB_FREE, 0.0, 0.0)
    assert "◆ The database's storage is used up" in page("rds-storage", series=(full,)), "not steady: full"


def test_a_closed_security_group_is_said_with_the_tasks_groups():
    path = NetworkPath(allowed=False, port=5432, task_groups=("sg-0app",))
    assert "no rule opens port 5432 to the tasks (sg-0app)" in page("databases", network=path)


def test_curves_mark_t0_and_the_alarm():
    charts = page_for("dashboard", StepKind.LOOK, "alb-5xx").chart_data(data.context())
    assert [moment.label for moment in charts[0].moments] == ["T0", "alarm"]
    assert charts[0].start < charts[0].moments[0].at < charts[0].end


# -- timeline, list, strip


def test_the_timeline_says_what_is_reported_late_and_who_did_what():
    words = text(timeline_entries(data.view(), 90))
    assert_in(words, "UpdateService staff-api (reported late)  deploy/ci", "担当した  tanaka")


def test_the_list_has_open_incidents_first_and_parts_below_theirs():
    past = data.incident(
        id="c", state=IncidentState.CLOSED, closed_at=data.NOW, closed_by="sato", cause="DB の飽和"
    )
    part = data.incident(id="p", title="ECS CPU", joined_to=data.incident().id)
    incidents = [
        IncidentView(each, clocks=data.clocks(overdue=True)) for each in (data.incident(), part, past)
    ]
    rows = incident_rows(incidents, data.NOW, data.JST)
    assert [row.key for row in rows] == [data.incident().id, "p", "heading:closed", "c"]
    assert "! responding" in plain([rows[0].cells[0]])[0]
    assert "escalation: 3 min over" in plain([rows[0].cells[4]])[0]


def test_the_summary_below_the_list_says_cause_next_step_and_what_was_done(language):
    words = "\n".join(plain(summary_lines(data.view(), data.NOW, 90)))
    assert "DB の飽和" in words
    assert str(data.PLAYBOOK.steps[1].text) in words
    assert "担当した  tanaka" in words


def test_an_overdue_escalation_comes_before_one_that_is_untaken():
    late = IncidentAlert("alb-5xx-error-rate", True, data.clocks(overdue=True))
    new = IncidentAlert("ecs-cpu-high", False)
    words = plain(alert_forms([new, late], data.NOW))
    assert words[0].startswith(" ▲ escalation 3 min over alb-5xx")
    assert "□ not taken ecs-cpu-high" in plain(alert_forms([new], data.NOW))[0]
    due = next(clock.due for clock in late.clocks if clock.kind is ClockKind.ESCALATION)
    just_over = plain(alert_forms([late], due + timedelta(seconds=20)))[0]
    assert "escalation overdue" in just_over, "not 0 minutes"
    assert alert_forms([IncidentAlert("x", True)], data.NOW) == []


@pytest.mark.parametrize("minutes", [3, 6])
def test_while_the_alarm_is_ok_recovery_is_confirmed_never_late(minutes, language):
    # Wherever a clock is drawn: on the incident, in the list, in the strip of every screen.
    turn = Turn(at=data.ALARM + timedelta(minutes=minutes), kind=TurnKind.OK)
    quiet = data.incident(turns=(turn,), recovered_at=None)
    now = data.ALARM + timedelta(minutes=9)
    clock = clocks(quiet, data.PLAYBOOK, now)[0]
    assert (clock.kind, clock.state) == (ClockKind.RECOVERY, ClockState.CONFIRMING)
    assert overdue((clock,)) == ()
    strip = plain(alert_forms([IncidentAlert("alb", True, (clock,))], now))[0]
    for text in (clock_span(clock, now, data.JST)[0], clock_word(clock, now)[0], strip):
        assert ("復旧を判定中" if language == "ja" else "recovery being confirmed") in text
    assert time_text(turn.at, data.JST, now) in clock_span(clock, now, data.JST)[0]


def test_the_next_step_is_the_first_that_is_neither_done_nor_skipped():
    steps = (
        StepRecord(index=0, mark=StepMark.DONE, at=data.NOW, by="t"),
        StepRecord(index=1, mark=StepMark.SKIPPED, at=data.NOW, by="t"),
    )
    assert data.view(incident=data.incident(steps=steps)).next_step == 2


def test_the_strip_tells_of_a_hand_over_once_nothing_else_waits():
    offered = IncidentAlert("alb-5xx", is_taken=True, is_offered=True)
    assert "□ hand-over alb-5xx" in plain(alert_forms([offered], data.NOW))[0]
    untaken = IncidentAlert("ecs-cpu", is_taken=False)
    assert "not taken ecs-cpu" in plain(alert_forms([offered, untaken], data.NOW))[0]
    assert alert_forms([IncidentAlert("alb-5xx", is_taken=True)], data.NOW) == []


# -- what a person decided, and what is over


def decided(cause: str = "database-saturated", **fields: object) -> IncidentView:
    decision = Decision(cause=cause, title="接続の枠が尽きた", at=data.minutes(6), by="tanaka")
    return data.view(incident=data.incident(decision=decision, **fields))


@pytest.mark.parametrize("make", [cause_entries, leading_entries])
def test_a_decision_stands_above_computed(language, make):
    lines = text(make(decided(), data.NOW, 76)).splitlines()
    assert lines[0].startswith("✓ ")
    assert_in(lines[0], "接続の枠が尽きた", "tanaka")
    assert not text(make(data.view(), data.NOW, 76)).startswith("✓ ")


def test_a_long_decision_is_cut_before_who_decided():
    view = decided()
    long = view.incident.decision.model_copy(update={"title": "とても長い原因" * 12})
    view = data.view(incident=view.incident.model_copy(update={"decision": long}))
    first = text(leading_entries(view, data.NOW, 76)).splitlines()[0]
    assert cell_len(first) <= 76
    assert "tanaka" in first


def test_the_action_of_a_cause_is_marked_as_surely_as_the_cause_is_known():
    def mark(view: IncidentView) -> str:
        entries = step_entries(view, data.NOW, 76)
        number = len(data.PLAYBOOK.steps) + 2
        return text([entry for entry in entries if entry.key == f"step:{number}"]).split()[1]

    assessment = data.view().assessment
    leader = next(each for each in assessment.causes if each.id == "database-saturated")
    for word, glyph in ((Word.STRONG, "◆"), (Word.LIKELY, "▲"), (Word.OPEN, "?")):
        weighed = assessment.model_copy(update={"word": word, "causes": (leader,)})
        assert mark(data.view(assessment=weighed)) == glyph
    assert mark(decided()) == "✓"
    assert mark(decided("bad-deployment")) not in ("✓", "◆", "▲", "?")


def test_a_closed_incident_offers_no_next_look(language):
    closed = data.incident(
        state=IncidentState.CLOSED, closed_at=data.minutes(20), closed_by="tanaka", cause="x"
    )
    for make in (cause_entries, leading_entries):
        assert all(entry.key != "next-look" for entry in make(data.view(incident=closed), data.NOW, 76))


def test_a_log_of_the_database_without_lines_says_what_was_looked_for(language):
    sample = data.evidence().database_lines
    words = page("slow-queries", database_lines=sample.model_copy(update={"lines": ()}))
    assert {"ja": "読み取り対象: ", "en": "Looked for: "}[language] in words


def test_the_tasks_show_cpu_and_memory(language):
    assert i18n._("ECS memory") in page("ecs")


def test_a_clock_that_recovery_ended_does_not_say_that_somebody_was_told(language):
    called, uncalled = (
        IncidentClock(
            kind=ClockKind.ESCALATION, starts=data.T0, due=data.NOW, state=ClockState.MET, met_at=data.NOW,
            who="開発チーム", is_told=is_told,
        )
        for is_told in (True, False)
    )  # fmt: skip
    words = {
        "ja": ("✓ 開発チームに連絡済み 03:14", "– 開発チームへの連絡は不要"),
        "en": ("✓ 開発チーム was told 03:14", "– 開発チーム need not be told"),
    }
    assert tuple(clock_span(clock, data.NOW, data.JST)[0] for clock in (called, uncalled)) == words[language]
