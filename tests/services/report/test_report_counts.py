"""The counts at the top of a report are those of its tables, and each glyph in it has one meaning."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models import glyphs
from services.models.findings import Measure, Overrule
from services.models.journal import EntryKind
from services.models.report import PeriodReport
from services.models.report_lines import FindingLine
from services.models.verdict import DISPLAY_ORDER, Verdict
from services.report.rendering import report_wording as wording
from services.report.rendering.dispatch import document
from services.report.rendering.document import DocumentFacts, Paragraph, Table
from services.report.rendering.markdown import to_markdown
from tests.services.duties.duty_world import jst
from tests.services.report.ledger import Ledger, alarm_period, finding

DAY = "2026-01-19"
FINDINGS = "Findings"
MEANINGS = {
    glyphs.FIRING: ("firing",),
    glyphs.ABNORMAL: ("abnormal", "failed", "NOT sent"),
    glyphs.ATTENTION: ("attention", "fired and recovered"),
    glyphs.NOT_JUDGED: (
        "not judged", "partly not judged", "no data", "not known", "Not known", "UNKNOWN", "unclear whether",
        "accepted, not verified",
    ),
    glyphs.WAITING: ("due",),
    glyphs.LATE: ("late",),
    glyphs.UNDERWAY: ("under way",),
    glyphs.RUNNING: ("being sent",),
    glyphs.DONE: ("done", "verified", "was sent", "applied"),
    glyphs.MISSING: ("missed",),
    glyphs.NORMAL: ("normal",),
    glyphs.UPCOMING: ("upcoming", "not sent yet"),
    glyphs.OFF: ("skipped", "stopped before", "discarded"),
    glyphs.NO_RECORD: ("no record",),
}  # fmt: skip
"""Words that may follow a glyph in an English report (docs/screens.md has what each means)."""
_MARKED = re.compile(rf"(?<![^\s(:])([{re.escape(''.join(MEANINGS))}]) ([A-Za-z].*)")
"""A glyph and what follows, but no sign within a text: a range, a separator, a question mark."""


def summary(whole):
    (facts,) = whole.summary
    assert isinstance(facts, DocumentFacts)
    return dict(facts.pairs)


def section(whole, title):
    return next(each for each in whole.sections if each.title.startswith(title))


def listed(whole):
    """How many results of each verdict the page lists, and how many more it counts."""
    counts, more = Counter[str](), 0
    for block in section(whole, FINDINGS).blocks:
        if isinstance(block, Table):
            counts += Counter(line.cells[2][0] for line in block.lines)
        elif isinstance(block, Paragraph) and (match := re.match(r"(. normal), (\d+): (.*)", block.text)):
            assert len(match[3].split(", ")) == int(match[2])
            counts[glyphs.NORMAL] += int(match[2])
        elif isinstance(block, Paragraph) and (match := re.match(r"(\d+) more row", block.text)):
            more += int(match[1])
    return counts, more


def counted(whole):
    text = re.sub(r" \([^)]*\)", "", summary(whole)[FINDINGS])
    return Counter({match[1]: int(match[2]) for match in re.finditer(r"(\S) [a-z ]+ (\d+)", text)})


VERDICTS = st.sampled_from(Verdict)


@st.composite
def finding_lines(draw):
    """A finding of one of three inspections, which may have measured something bad though it could not be judged."""
    verdict = draw(VERDICTS)
    bad = draw(st.sampled_from((Verdict.ATTENTION, Verdict.ABNORMAL, Verdict.NORMAL, None)))
    is_overruled = draw(st.booleans())
    inspection = draw(st.sampled_from(("alarms", "dashboard", "backups")))
    return FindingLine(
        seq=draw(st.integers(1, 99)),
        at=jst(f"{DAY} 09:00"),
        by="sato",
        key="hand@x",
        inspection=inspection,
        title=inspection,
        verdict=verdict,
        measured=bad if verdict is Verdict.UNKNOWN else verdict,
        unjudged=draw(st.integers(0, 2)) if verdict is not Verdict.NORMAL else 0,
        summary=draw(st.sampled_from(("one", "two"))),
        superseded=draw(st.booleans()),
        overruled=Overrule(by="sato", at=jst(f"{DAY} 09:30"), reason="drill", seq=1)
        if is_overruled
        else None,
    )


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    ledger = Ledger(tmp_path_factory.mktemp("j") / "j.db")
    ledger.began("2026-01-16 09:00")
    report = ledger.report(DAY, f"{DAY} 09:10")
    return report.model_copy(update={"verdict": Verdict.NORMAL})


@given(lines=st.lists(finding_lines(), max_size=12))
def test_the_summary_counts_what_the_page_lists(empty, lines):
    whole = document(empty.model_copy(update={"findings": tuple(lines)}))
    in_table, more = listed(whole)
    assert counted(whole).total() == in_table.total() + more
    if not more:
        assert counted(whole) == in_table
    for line in lines:
        # What was measured as bad is never counted or listed as not judged alone.
        if not line.superseded and line.measured in (Verdict.ABNORMAL, Verdict.ATTENTION):
            assert not wording.of_finding(line).startswith(glyphs.NOT_JUDGED)


def bad_day(tmp_path):
    """Findings that are bad and not wholly judged, an alarm that fires and one that did, and duties in every state."""
    ledger = Ledger(tmp_path / "j.db")
    ledger.began("2026-01-15 17:20")
    measures = (
        Measure(title="CPU", shown="86 %", verdict=Verdict.ATTENTION),
        Measure(title="Connections", shown="", verdict=Verdict.UNKNOWN),
    )
    partly = finding(
        f"{DAY} 09:01", "alarms", Verdict.UNKNOWN, "CPU was high", since=f"{DAY} 01:00", measures=measures,
        spells=(
            alarm_period(f"{DAY} 01:10", f"{DAY} 01:20"),
            alarm_period(f"{DAY} 08:10", None, "rds-cpu-high"),
            alarm_period(f"{DAY} 08:30", None, "alb-5xx", "insufficient"),
        ),
    )  # fmt: skip
    for duty, at in (("daily-morning", "09:00"), ("daily-afternoon", "14:00")):
        ledger.find(f"{DAY} {at}", f"{duty}@{DAY}T{at}", partly)
    ledger.find(
        f"{DAY} 09:02", f"hand@{DAY}T1", finding(f"{DAY} 09:02", "backups", Verdict.UNKNOWN, "no answer")
    )
    ledger.find(f"{DAY} 09:03", f"hand@{DAY}T2", finding(f"{DAY} 09:03", "costs", Verdict.ABNORMAL, "+59 %"))
    ledger.find(f"{DAY} 09:04", f"hand@{DAY}T3", finding(f"{DAY} 09:04", "scaling"))
    ledger.sign(f"{DAY} 09:10", f"daily-morning@{DAY}T09:00")
    ledger.sign(f"{DAY} 09:11", f"weekly-cost@{DAY}T09:00", skip=True)
    ledger.entry(f"{DAY} 10:00", EntryKind.POST, subject="post:a", data={"channel": "#ops", "text": "x"})
    return ledger


def test_the_page_says_what_was_measured_and_what_was_not_judged(tmp_path):
    whole = document(bad_day(tmp_path).report(DAY, f"{DAY} 17:30"))
    assert whole.verdict == "◆ abnormal, ? partly not judged"
    assert summary(whole)[FINDINGS] == (
        "◆ abnormal 1, ▲ attention 1 (? partly not judged: 1), ? not judged 1, ● normal 1"
    )
    assert summary(whole)["Alarms"] == "■ firing 1, ▲ fired and recovered 1, ? no data 1"
    (table,) = (each for each in section(whole, FINDINGS).blocks if isinstance(each, Table))
    assert [line.cells[1:3] for line in table.lines] == [
        ("Costs", "◆ abnormal"),
        ("Alarms (2 times)", "▲ attention, ? partly not judged"),
        ("Backups", "? not judged"),
    ]
    assert [line.tone for line in table.lines] == [*DISPLAY_ORDER[:3]]


def test_without_anything_abnormal_the_verdict_still_says_what_was_measured(tmp_path):
    ledger = Ledger(tmp_path / "j.db")
    ledger.began(f"{DAY} 09:00")
    measures = (Measure(title="CPU", shown="86 %", verdict=Verdict.ATTENTION),)
    partly = finding(f"{DAY} 09:01", "dashboard", Verdict.UNKNOWN, "CPU was high", measures=measures)
    ledger.find(f"{DAY} 09:01", "hand@1", partly)
    report = ledger.report(DAY, f"{DAY} 09:10")
    assert (report.verdict, report.has_unjudged) == (Verdict.ATTENTION, True)
    assert document(report).verdict == "▲ attention, ? partly not judged"
    assert "**▲ attention, ? partly not judged**" in to_markdown(report)


@pytest.mark.parametrize("period", ["2026-01", "FY2025"])
def test_the_summary_of_a_month_counts_what_its_tables_do(tmp_path, period):
    report = bad_day(tmp_path).report(period, f"{DAY} 17:30")
    assert isinstance(report, PeriodReport)
    whole = document(report)
    findings = section(whole, FINDINGS)
    (by_inspection,) = (each for each in findings.blocks if isinstance(each, Table))
    sums = [sum(int(line.cells[column]) for line in by_inspection.lines) for column in range(1, 5)]
    assert counted(whole) == Counter(dict(zip(map(wording.mark, DISPLAY_ORDER), sums, strict=True)))
    (rows,) = (each for part in findings.parts for each in part.blocks if isinstance(each, Table))
    assert Counter(line.cells[2][0] for line in rows.lines) == counted(whole) - Counter(
        {glyphs.NORMAL: sums[3]}
    )
    totals = [int(cell) for cell in section(whole, "Duties").blocks[0].lines[-1].cells[1:]]
    assert sum(int(each) for each in re.findall(r"\d+", summary(whole)["Duties"])) == totals[0]


def texts(whole):
    yield whole.verdict
    pending = [*whole.sections, *whole.annexes]
    blocks = [*whole.summary]
    while pending:
        part = pending.pop()
        pending += part.parts
        blocks += part.blocks
    for block in blocks:
        if isinstance(block, Table):
            yield from (cell for line in block.lines for cell in block.cells(line))
        elif isinstance(block, DocumentFacts):
            yield from (part for _name, value in block.pairs for part in value.split(", "))
        elif isinstance(block, Paragraph):
            yield block.text


@pytest.mark.parametrize("period", [DAY, "2026-01-16", "2026-01-20", "2026-01", "FY2025"])
def test_each_glyph_has_the_meaning_that_it_has_on_the_screens(tmp_path, period):
    whole = document(bad_day(tmp_path).report(period, "2026-01-20 17:30"))
    marked = [match for text in texts(whole) if (match := _MARKED.search(text))]
    assert len(marked) > 5
    assert [match[0] for match in marked if not match[2].startswith(MEANINGS[match[1]])] == []


def test_no_row_gets_a_glyph_for_its_colour(tmp_path):
    # A duty that was missed is no warning: only its state has a glyph.
    whole = document(bad_day(tmp_path).report(DAY, f"{DAY} 17:30"))
    duties = [each for each in section(whole, "Duties").blocks if isinstance(each, Table)]
    for table in duties:
        for line in table.lines:
            assert line.cells[0][0].isalnum(), line
            assert line.cells[2].startswith(tuple(MEANINGS)), line


def test_the_most_urgent_duty_is_on_the_page(tmp_path):
    # However many duties are due this morning, the one that was missed stands before them.
    whole = document(bad_day(tmp_path).report(DAY, f"{DAY} 17:30"))
    (table, *_rest) = (each for each in section(whole, "Duties").blocks if isinstance(each, Table))
    states = [line.cells[2][0] for line in table.lines]
    order = [glyphs.LATE, glyphs.MISSING, glyphs.WAITING, glyphs.UPCOMING, glyphs.OFF, glyphs.DONE]
    assert states == sorted(states, key=order.index)
    assert states[0] in (glyphs.LATE, glyphs.MISSING)
