"""What could not be judged never stands for what was measured as bad, nor the other way round: both are shown."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import i18n
from services.models.findings import (
    TOLD,
    WORSE,
    DutyFindings,
    Finding,
    Measure,
    Recorded,
    tally,
    worst,
)
from services.models.report_lines import FoundLine
from services.models.verdict import Verdict
from services.report import words
from widgets.finding_words import recorded_spans, verdict_cell
from widgets.ink import plain, width_of
from widgets.looks import VERDICT_LOOKS

AT = datetime(2026, 1, 14, tzinfo=UTC)
VERDICTS = st.lists(st.sampled_from([*Verdict, None]), min_size=1, max_size=6)
V = Verdict


def finding(*verdicts: Verdict | None, id: str = "a") -> Finding:
    measures = tuple(
        Measure(title=str(number), shown="1", verdict=verdict) for number, verdict in enumerate(verdicts)
    )
    return Finding(
        inspection=id,
        title=id,
        verdict=worst(verdicts) or V.UNKNOWN,
        summary="s",
        measures=measures,
        read_at=AT,
    )


def recorded(one: Finding) -> Recorded:
    return Recorded(seq=1, by="", finding=one)


def duty(*findings: Finding, expected: int | None = None) -> DutyFindings:
    ids = tuple(each.inspection for each in findings)
    more = tuple(f"later{number}" for number in range((expected or len(ids)) - len(ids)))
    return DutyFindings(key="k", expected=(*ids, *more), recorded=tuple(map(recorded, findings)))


def text(spans: object) -> str:
    return plain([spans])[0]  # type: ignore[list-item]


def test_both_orders_hold_every_verdict_and_the_worst_of_the_measured_comes_first() -> None:
    assert set(TOLD) == set(WORSE) == set(Verdict)
    assert worst((V.ABNORMAL, V.UNKNOWN)) is V.ABNORMAL
    assert TOLD.index(V.ATTENTION) < TOLD.index(V.UNKNOWN)
    assert tally((V.UNKNOWN, None, V.NORMAL, V.ABNORMAL, V.UNKNOWN)) == ((V.ABNORMAL, 1), (V.UNKNOWN, 2))


@given(VERDICTS)
def test_whatever_a_finding_holds_its_cell_shows(verdicts: list[Verdict | None]) -> None:
    one = finding(*verdicts)
    shown = text(recorded_spans(recorded(one)))
    measured = [each for each in verdicts if each in (V.ABNORMAL, V.ATTENTION)]
    assert VERDICT_LOOKS[one.verdict].text in shown
    if V.ABNORMAL in verdicts:
        assert one.verdict is V.ABNORMAL
    if V.UNKNOWN in verdicts:
        assert "?" in shown
        assert one.unjudged == verdicts.count(V.UNKNOWN)
    if measured:
        assert VERDICT_LOOKS[one.measured].mark in shown
    line = FoundLine(
        seq=1, at=AT, by="", key="k", inspection="a", title="a", verdict=one.verdict, summary="s",
        measured=one.measured, unjudged=one.unjudged,
    )  # fmt: skip
    reported = words.of_finding(line)
    assert not measured or VERDICT_LOOKS[one.measured].mark in reported
    assert V.UNKNOWN not in verdicts or "not judged" in reported


@pytest.mark.parametrize("language", ["en", "ja"])
@given(st.lists(VERDICTS, min_size=1, max_size=4), st.integers(0, 2))
def test_whatever_a_duty_found_its_cell_shows_within_its_column(
    language: str, lists: list[list[Verdict | None]], missing: int
) -> None:
    i18n.use(language)
    findings = [finding(*verdicts, id=f"i{number}") for number, verdicts in enumerate(lists)]
    found = duty(*findings, expected=len(findings) + missing)
    cell = verdict_cell(found)
    assert width_of(cell) <= 14
    shown = text(cell)
    for verdict in (V.ABNORMAL, V.ATTENTION):
        if any(each.measured is verdict for each in findings):
            assert VERDICT_LOOKS[verdict].mark in shown
    if any(each.unjudged for each in findings):
        assert "?" in shown
    assert found.all_normal == (not missing and all(each.verdict is V.NORMAL for each in findings))


def test_as_the_trial_asked_for_it() -> None:
    three = [finding(V.ATTENTION, V.UNKNOWN, id=f"i{number}") for number in range(3)]
    assert text(verdict_cell(duty(*three))) == "▲3 ?3"
    assert text(recorded_spans(recorded(three[0]))) == "? not judged ▲1"
    assert text(recorded_spans(recorded(finding(V.ABNORMAL, V.UNKNOWN)))) == "■ abnormal ?1"
    assert text(verdict_cell(duty(finding(V.ABNORMAL)))) == "■ abnormal"
