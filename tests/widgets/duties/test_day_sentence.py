from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services import i18n
from services.models.duties import Day, DutyProgress, DutyView, Occurrence
from services.models.findings import DutyFindings, Finding, FindingsView, Recorded, RunningInspection
from services.models.verdict import Verdict
from tests.widgets import duty_data
from tests.widgets.duty_data import JST, NOW, TODAY, State
from widgets.drawing.lines import plain, width_of
from widgets.duties.summary import DaySummary, day_sentence

BEGUN = DutyProgress(by="sato", at=NOW)


@pytest.fixture(autouse=True)
def japanese() -> Iterator[None]:
    i18n.use("ja")
    yield
    i18n.use("en")


def occurrence(key: str, hour: int, state: State, **more: object) -> Occurrence:
    slot = duty_data.slot(key, key, TODAY, hour)
    return replace(duty_data.occurrence(slot, state), **more)


def view(*today: Occurrence, carried: tuple[Occurrence, ...] = ()) -> DutyView:
    day = Day(day=TODAY, is_open=True, occurrences=today)
    return DutyView(at=NOW, today=day, carried=carried)


def found(occurrence: Occurrence, *verdicts: Verdict, **more: object) -> DutyFindings:
    recorded = tuple(
        Recorded(
            seq=1,
            by="",
            finding=Finding(inspection=str(n), title="t", verdict=each, summary="s", read_at=NOW),
        )
        for n, each in enumerate(verdicts)
    )
    fields = {"key": occurrence.key, "expected": tuple(map(str, range(len(verdicts))))}
    return DutyFindings(**{**fields, "recorded": recorded, **more})  # type: ignore[arg-type]


def sentence(of: DutyView, *findings: DutyFindings, **more: object) -> str:
    shown = FindingsView(duties=findings, **more)  # type: ignore[arg-type]
    return plain([day_sentence(of, shown, JST, NOW)])[0]


def test_what_waits_and_how_bad_it_is():
    a, b, c, d = (occurrence(key, 9, State.DUE) for key in "abcd")
    of = view(a, b, c, d, occurrence("e", 15, State.UPCOMING), occurrence("f", 17, State.UPCOMING))
    findings = [found(each, Verdict.ABNORMAL) for each in (a, b, c)]
    assert sentence(of, *findings) == "本日 6件: 確認待ち 4（異常 3）、次は 15:00 JST"
    hidden = found(d, Verdict.UNKNOWN, Verdict.ATTENTION)
    assert "異常 3、注意 1" in sentence(of, *findings, hidden)
    drill = found(d, Verdict.ABNORMAL, for_reference=True)
    assert "異常 3）" in sentence(of, *findings, drill), "nobody has drilled yet"


def test_late_left_over_and_begun():
    late = occurrence("a", 9, State.LATE)
    left = occurrence("b", 9, State.LATE, progress=BEGUN)
    text = sentence(view(late, carried=(left,)))
    assert text == "本日 1件: 確認待ち 1（遅延 1）、前日までの残り 1、◐ 作業中 1"


def test_all_signed_off_and_no_duties():
    done = duty_data.done(duty_data.slot("a", "a", TODAY, 9))
    assert sentence(view(done)) == "本日 1件: すべて確認済み"
    assert sentence(view(done, occurrence("b", 17, State.UPCOMING))) == "本日 2件: 確認済み 1、次は 17:00 JST"
    assert sentence(view()).strip() == "本日 定例作業なし"


def test_running_inspections_are_named_from_their_start():
    due = occurrence("a", 9, State.DUE)
    running = RunningInspection(inspection="0", title="アラーム", began=NOW)
    text = sentence(view(due), found(due, running=(running,)), running=(running,))
    assert "▶ 点検中 1件" in text
    assert "▶ 点検中 アラーム" in text


def test_the_next_duty_of_another_day_has_its_date():
    done = duty_data.done(duty_data.slot("a", "a", TODAY, 9))
    tomorrow = duty_data.slot("b", "b", datetime(2026, 1, 15, tzinfo=UTC).date(), 9)
    coming = view(done).model_copy(update={"next": duty_data.occurrence(tomorrow, State.UPCOMING)})
    assert sentence(coming).endswith("次は 01-15(木) 09:00 JST")


def test_words_exist_in_english():
    i18n.use("en")
    a = occurrence("a", 9, State.DUE)
    words: Mapping[str, str] = {"en": "1 duty today: 1 to sign off (1 abnormal)"}
    assert sentence(view(a), found(a, Verdict.ABNORMAL)) == words["en"]


async def test_a_narrow_screen_keeps_the_time_and_leaves_out_the_zone():
    of = view(occurrence("a", 9, State.DUE), occurrence("b", 15, State.UPCOMING))
    whole = plain([day_sentence(of, None, JST, NOW)])[0]
    assert whole.endswith("15:00 JST")
    summary = DaySummary(lambda: NOW, JST)
    summary.set_reactive(DaySummary.view, of)
    assert plain(summary.draw(width_of([(whole, "")]), 1)) == [whole]
    assert plain(summary.draw(width_of([(whole, "")]) - 1, 1)) == [whole.removesuffix(" JST")]
