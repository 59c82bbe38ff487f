from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import i18n
from services.models.evidence import Evidence, Row
from services.models.findings import DutyFindings, Finding, Measure, Recorded
from services.models.report_lines import FindingLine
from services.models.verdict import DISPLAY_ORDER, Verdict, tally, worst
from services.report.rendering import report_wording as words
from widgets.drawing.lines import plain, width_of
from widgets.drawing.state_styles import VERDICT_STYLES
from widgets.duties.detail import finding_lines as duty_finding_lines
from widgets.findings.evidence_lines import evidence_lines
from widgets.findings.finding_wording import recorded_spans, verdict_cell
from widgets.findings.lines import band_lines, measure_lines
from widgets.findings.list import FindingList

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


def test_the_order_holds_every_verdict_with_the_worst_known_first():
    assert set(DISPLAY_ORDER) == set(Verdict)
    assert worst((V.ABNORMAL, V.UNKNOWN)) is V.ABNORMAL
    assert DISPLAY_ORDER.index(V.ATTENTION) < DISPLAY_ORDER.index(V.UNKNOWN)
    assert tally((V.UNKNOWN, None, V.NORMAL, V.ABNORMAL, V.UNKNOWN)) == ((V.ABNORMAL, 1), (V.UNKNOWN, 2))


@given(VERDICTS)
def test_a_findings_cell_shows_any_content(verdicts):
    one = finding(*verdicts)
    output = text(recorded_spans(recorded(one)))
    bad = [each for each in verdicts if each in (V.ABNORMAL, V.ATTENTION)]
    assert output.startswith(VERDICT_STYLES[one.leading].text)
    if V.ABNORMAL in verdicts:
        assert one.verdict is V.ABNORMAL
    if V.UNKNOWN in verdicts:
        assert "?" in output
        assert one.unjudged == verdicts.count(V.UNKNOWN)
    if bad:
        assert VERDICT_STYLES[one.measured].mark in output
    line = FindingLine(
        seq=1, at=AT, by="", key="k", inspection="a", title="a", verdict=one.verdict, summary="s",
        measured=one.measured, unjudged=one.unjudged,
    )  # fmt: skip
    reported = words.of_finding(line)
    assert not bad or VERDICT_STYLES[one.measured].mark in reported
    assert V.UNKNOWN not in verdicts or "not judged" in reported


@pytest.mark.parametrize("language", ["en", "ja"])
@given(st.lists(VERDICTS, min_size=1, max_size=4), st.integers(0, 2))
def test_a_dutys_cell_shows_any_findings_within_its_column(language, lists, missing):
    i18n.use(language)
    findings = [finding(*verdicts, id=f"i{number}") for number, verdicts in enumerate(lists)]
    duty_findings = duty(*findings, expected=len(findings) + missing)
    cell = verdict_cell(duty_findings)
    assert width_of(cell) <= 18
    output = text(cell)
    for verdict in (V.ABNORMAL, V.ATTENTION):
        if any(each.measured is verdict for each in findings):
            assert VERDICT_STYLES[verdict].mark in output
    if any(each.unjudged for each in findings):
        assert "?" in output
    assert duty_findings.all_normal == (not missing and all(each.verdict is V.NORMAL for each in findings))


def test_as_the_trial_asked_for_it():
    three = [finding(V.ATTENTION, V.UNKNOWN, id=f"i{number}") for number in range(3)]
    assert text(verdict_cell(duty(*three))) == "▲ 3 ? 3"
    assert text(recorded_spans(recorded(three[0]))) == "▲ attention 1 ? not judged 1"
    assert text(recorded_spans(recorded(finding(V.ABNORMAL, V.UNKNOWN)))) == "◆ abnormal 1 ? not judged 1"
    assert text(verdict_cell(duty(finding(V.ABNORMAL)))) == "◆ abnormal"
    assert text(FindingList()._verdict(recorded(three[0]))) == "▲ attention 1 ? not judged 1"
    of_three_kinds = recorded(finding(V.ABNORMAL, V.ATTENTION, V.UNKNOWN))
    assert text(FindingList()._verdict(of_three_kinds)) == "◆ 1 ▲ 1 ? 1", "never cut in a table"


@pytest.mark.parametrize("width", [78, 118])
def test_a_row_that_decides_a_verdict_is_not_cut_off(width):
    reason = "Insufficient Data: 3 datapoints were unknown. Nobody knows whether the database answers."
    name = "rds-connections-high (RDS 接続数)"
    columns = ("Alarm", "State", "Began (JST)", "Ended (JST)", "Duration in the window", "Reason")
    cells = (name, "no data", "01-19 07:05:00", "ongoing", "1h 57m", reason)
    rows = tuple(Row(cells=cells, verdict=verdict) for verdict in (V.UNKNOWN, None))
    lines = evidence_lines(Evidence(title="t", columns=columns, rows=rows), width)
    assert all(width_of(line) <= width for line in lines)
    grave = lines[2:-1]
    for column, text in ((1, name), (11, reason)):
        whole = "".join(line[column][0] for line in grave)
        assert "".join(whole.split()) == "".join(text.split())
    assert "…" not in "".join(plain(grave))
    assert "…" in plain(lines[-1:])[0], "what nobody judged takes one line"


def test_times_are_whole_and_only_another_year_stands_before_them():
    columns = ("ウィンドウ", "スナップショット", "作成日時", "ステータス", "メモ")
    window, created = "2026-01-13(火) 03:10–03:40 JST", "2026-01-13(火) 03:17 JST"
    other = "2025-12-31(水) 03:17 JST"
    rows = tuple(
        Row(cells=(window, "rds:facility-prod-db-2026-01-13", each, "available", ""))
        for each in (created, other)
    )
    evidence = Evidence(title="t", columns=columns, rows=rows)
    for width in (88, 160):
        lines = plain(evidence_lines(evidence, width, 2026)[2:])
        assert "01-13(火) 03:10–03:40 JST" in lines[0]
        assert " 2026-" not in lines[0]
        assert "01-13(火) 03:17 JST" in lines[0]
        assert other in lines[1]


def test_a_title_is_whole_where_the_other_columns_leave_room():
    title = "バックアップウィンドウごとのスナップショット"
    measure = Measure(title=title, shown="7 回中 6 回", allowed="毎回 1 つ", verdict=V.ABNORMAL)
    assert title in plain(measure_lines([measure], 84))[1]


PHRASES = st.text(alphabet="abc 1<≥日曜正常（）、", min_size=1, max_size=60).map(
    lambda text: f"x{text.strip()}"
)
MEASURES = st.lists(
    st.builds(
        Measure,
        title=PHRASES,
        shown=PHRASES,
        allowed=PHRASES | st.just(""),
        verdict=st.sampled_from([*Verdict, None]),
        note=PHRASES | st.just(""),
    ),
    min_size=1,
    max_size=5,
)


@given(MEASURES, st.integers(70, 200))
def test_what_was_measured_and_allowed_stands_once_and_whole(measures, width):
    # Value, range and note: nothing is cut, and nothing is repeated because it was cut before.
    lines = measure_lines(measures, width)
    assert all(width_of(line) <= width for line in lines)
    output = sorted("".join(plain(lines)).replace(" ", ""))
    heads = ["Item", "Value", "Normalrange", *(["Verdict"] if any(each.verdict for each in measures) else [])]
    parts = [*heads]
    for measure in measures:
        style = VERDICT_STYLES[measure.verdict] if measure.verdict is not None else None
        parts += [measure.title, measure.shown, measure.allowed or "—", measure.note]
        parts += [style.text] if style else []
    assert output == sorted("".join(parts).replace(" ", ""))


def test_what_is_read_for_reference_looks_like_no_verdict():
    # Before anybody has done the duty nothing says that it failed: not in a row, a band, a value or its evidence.
    bad = finding(V.ABNORMAL, V.ATTENTION, V.UNKNOWN)
    rows = (Row(cells=("old",), verdict=V.ABNORMAL),)
    bad = bad.model_copy(update={"evidence": (Evidence(title="t", columns=("c",), rows=rows),)})
    one = recorded(bad)
    of_duty = duty(bad).model_copy(update={"for_reference": True})
    neutral = bad.without_verdicts
    now = datetime(2026, 1, 14, tzinfo=UTC)
    lines = [
        verdict_cell(of_duty),
        recorded_spans(one, for_reference=True),
        *band_lines(one, UTC, now, 80, for_reference=True),
        *measure_lines(neutral.measures, 80),
        *evidence_lines(neutral.evidence[0], 80),
        *duty_finding_lines(of_duty, {}, 80),
    ]
    for line in lines:
        assert not any(style.mark in text for text, _role in line for style in VERDICT_STYLES.values())
        assert not any(role in ("bad", "warn", "alert", "band", "caution") for _text, role in line)
    assert text(lines[0]) == text(lines[1]) == "○ for reference"
    assert neutral.verdict is V.ABNORMAL, "what was recorded stays"


def test_a_column_without_values_and_a_long_head_leave_room_for_texts():
    columns = (
        "Kind",
        "Description",
        "Applied at",
        "Applied by itself (not before this)",
        "By hand until",
        "Opted in",
    )
    row = Row(cells=("system-update", "New operating system update", "01-21(Wed) 09:02 JST", "", "", ""))
    evidence = Evidence(title="t", columns=columns, rows=(row,))
    head, line = plain(evidence_lines(evidence, 78)[1:])
    assert "By hand" not in head, "a column in which nothing stands is left out where room is short"
    assert all(cell in line for cell in row.cells)
    wide = plain(evidence_lines(evidence, 160)[1:])[0]
    assert all(column in wide for column in columns)
    exact = Row(
        cells=("01-16(Fri)（01-18(Sun) is a closed day, so it moved to the day before）", "sato.kenji")
    )
    table = Evidence(title="t", columns=("Rotate by", "User"), rows=(exact,))
    assert "sato.kenji" in plain(evidence_lines(table, 40)[2:])[0], "a long text is no time"
