"""The first page of a day's report: one sheet of A4 whatever happened, with references to numbered annexes."""

import re

import pytest

from services import i18n
from services.models.evidence import Evidence, Row
from services.models.findings import Measure
from services.models.journal import EntryKind
from services.models.report import DayReport
from services.models.runbook import ReportSpec
from services.models.verdict import Verdict
from services.report.rendering.dispatch import document
from services.report.rendering.document import Paragraph, Table
from services.report.rendering.html import to_html
from services.report.rendering.markdown import to_markdown
from services.report.rendering.page import cut, height, size
from tests.services.report.ledger import RUNBOOK, Ledger, alarm_period, finding

DAY = "2026-01-19"
PAGE = 272.0  # Millimetres between the margins of the first page
LONG = {
    "ja": "接続数の上限に達したため、応答が遅くなり、一部の要求が失敗した。原因はバッチ処理の重複起動とみられる。"
    * 4,
    "en": "The database ran out of connections, so that responses were slow and some requests failed. " * 4,
}


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "j.db")
    ledger.began("2026-01-16 17:16")
    return ledger


def busy(ledger, language):
    """A day on which everything happened, in long words."""
    text = LONG[language]
    for number in range(24):
        at = f"{DAY} {9 + number // 3:02}:{number % 3 * 20:02}"
        verdict = (Verdict.ABNORMAL, Verdict.UNKNOWN, Verdict.ATTENTION)[number % 3]
        rows = tuple(Row(cells=(text, "9" * 40)) for _row in range(40))
        result = finding(
            at, "alarms", verdict, f"{number} {text}", since=f"{DAY} 08:00",
            measures=(Measure(title=text, shown="1", allowed="0", verdict=verdict),),
            evidence=(Evidence(title="Rows", columns=("text", "number"), rows=rows, omitted=102),),
            spells=(alarm_period(at, None, f"alarm-{number}-{'x' * 60}"),),
        )  # fmt: skip
        ledger.find(at, f"hand@{DAY}T{number}", result)
        ledger.entry(at, EntryKind.NOTE, "x", target="t", data={"note": text})
        ledger.entry(at, EntryKind.REMARK, subject=f"report@{DAY}", data={"text": text})
    ledger.sign(f"{DAY} 10:40", f"daily-morning@{DAY}T09:00", was="late", note=text)
    report = ledger.report(DAY, f"{DAY} 17:30")
    assert isinstance(report, DayReport)
    return report


def tables(whole):
    return [block for section in whole.sections for block in section.blocks if isinstance(block, Table)]


def counted(section):
    return [
        block.text for block in section.blocks if isinstance(block, Paragraph) and "more row" in block.text
    ]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_first_page_fits_whatever_happened(ledger, language):
    i18n.use(language)
    assert height(document(busy(ledger, language))) <= PAGE


def test_what_the_page_has_no_room_for_is_counted(ledger):
    report = busy(ledger, "en")
    whole = document(report)
    findings = next(section for section in whole.sections if section.title == "Findings")
    (shown,) = (block for block in findings.blocks if isinstance(block, Table))
    assert counted(findings) == [f"{24 - len(shown.lines)} more rows: see the annexes"]
    assert shown.lines[0].cells[2].startswith("◆"), "the worst first"


def test_every_reference_has_its_annex(ledger):
    whole = document(busy(ledger, "en"))
    numbers = [int(match[1]) for each in whole.annexes if (match := re.match(r"Annex (\d+): ", each.title))]
    assert numbers == [*range(1, len(whole.annexes) + 1)]
    page = str((whole.sections, whole.summary))
    references = {int(number) for number in re.findall(r"Annex (\d+)", page)}
    assert references
    assert references <= {*numbers}


def test_evidence_is_limited_and_says_where_the_rest_is(ledger):
    text = to_markdown(busy(ledger, "en"))
    assert "Rows (132 more rows: entry #2 of the journal)" in text
    i18n.use("ja")
    assert "ほか 132 行は記録 #2" in to_markdown(ledger.report(DAY, f"{DAY} 17:30"))


def test_a_quiet_day_takes_a_line_a_section(ledger):
    key = f"daily-morning@{DAY}T09:00"
    for inspection in ("alarms", "dashboard", "error-logs"):
        ledger.find(f"{DAY} 09:01", key, finding(f"{DAY} 09:01", inspection, since="2026-01-16 17:15"))
    ledger.sign(f"{DAY} 09:10", key, user="sato")
    whole = document(ledger.report(DAY, f"{DAY} 09:30"))
    texts = [
        block.text for section in whole.sections for block in section.blocks if isinstance(block, Paragraph)
    ]
    assert "✓ done, 1: Opening check (09:10 sato)" in texts
    assert "● normal, 3: Alarms, Dashboard, Error-logs" in texts
    assert "None in the inspected window." in texts


def test_a_day_without_an_inspection_of_the_alarms_counts_none_of_them(ledger):
    ledger.find(f"{DAY} 09:00", "weekly-backup@2026-01-19T09:00", finding(f"{DAY} 09:00", "backups"))
    text = to_markdown(ledger.report(DAY, f"{DAY} 09:30"))
    assert "Alarms: ? not known" in text
    assert "Alarms: None." not in text

    ledger.find(f"{DAY} 09:00", "daily-morning@2026-01-19T09:00", finding(f"{DAY} 09:00", "alarms"))
    text = to_markdown(ledger.report(DAY, f"{DAY} 09:30"))
    assert "Alarms: None." in text
    assert "not known" not in text


def test_the_same_finding_twice_has_one_row_and_one_annex(ledger):
    for hour in (10, 14):
        result = finding(f"{DAY} {hour}:00", "alarms", Verdict.ABNORMAL, "rds fires", since=f"{DAY} 08:00")
        ledger.find(f"{DAY} {hour}:00", f"hand@{DAY}T{hour}", result)
    whole = document(ledger.report(DAY, f"{DAY} 17:30"))
    (listed,) = (table for table in tables(whole) if "Inspection" in table.columns)
    assert [(line.cells[0], line.cells[-1]) for line in listed.lines] == [("14:00", "Annex 2")]
    assert sum("Alarms, " in annex.title for annex in whole.annexes) == 1


def test_boxes_for_seals_and_who_prepared_it(ledger):
    ledger.sign(f"{DAY} 09:10", f"daily-morning@{DAY}T09:00", user="tanaka")
    report = ledger.report(DAY, f"{DAY} 12:00")
    assert (report.authors, report.approvals) == (("tanaka",), ("Head", "Deputy", "Operator"))
    ledger.sign(f"{DAY} 17:05", f"daily-evening@{DAY}T17:00", user="sato")
    i18n.use("ja")
    report = ledger.report(DAY, f"{DAY} 17:10")
    assert report.authors == ("sato",), "who reviewed the report"
    page = to_html(report)
    assert page.count("<th>課長</th><th>係長</th><th>担当</th>") == 1
    assert '<th scope="row">作成者</th><td>sato</td>' in page
    assert '<th scope="row">確認者</th><td></td>' in page
    own = RUNBOOK.model_copy(update={"report": ReportSpec(approvals=("部長", "課長"))})
    assert ledger.report(DAY, f"{DAY} 17:10", runbook=own).approvals == ("部長", "課長")
    without = RUNBOOK.model_copy(update={"report": ReportSpec(approvals=())})
    assert 'class="seals"' not in to_html(ledger.report(DAY, f"{DAY} 17:10", runbook=without))


@pytest.mark.parametrize("period", ["2026-01", "FY2025"])
def test_longer_reports_have_the_same_head(ledger, period):
    i18n.use("ja")
    page = to_html(ledger.report(period, f"{DAY} 17:10"))
    assert page.count('class="seals"') == 1
    assert ">作成者<" in page
    assert ">確認者<" in page


@pytest.mark.parametrize("text", [*LONG.values(), "短い", "a b"])
def test_a_text_is_cut_at_its_room(text):
    for width in (7, 20, 60):
        short = cut(text, width, 2)
        assert size(short) <= width * 2
        assert short == text.strip() or short.endswith("…")
