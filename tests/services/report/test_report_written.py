"""Reports as Markdown, HTML and JSON; whatever people and AWS wrote is text."""

import json
import re
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from services import i18n
from services.models.journal import EntryKind
from services.models.report import DayReport, PeriodReport
from services.models.text import clean
from services.models.verdict import Verdict
from services.report.rendering.document import (
    Document,
    DocumentFacts,
    DocumentLine,
    Paragraph,
    Quote,
    Section,
    table,
)
from services.report.rendering.html import to_html
from services.report.rendering.html import write as write_html
from services.report.rendering.markdown import text, to_markdown
from services.report.rendering.markdown import write as write_markdown
from services.toml.grammar import docs, model_in
from tests.services.report.ledger import MEASURE, Ledger, alarm_period, evidence, finding
from tests.tools.html_page import Page

HOSTILE = (
    "<script>alert(1)</script> [x](http://evil) | **b** `c` ![p](//e) & www.evil.jp \x1b[2J <!-- _i_ ~~s~~"
)
PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A day in which everything that is foreign text is hostile."""
    ledger = Ledger(tmp_path_factory.mktemp("j") / "j.db")
    ledger.began("2026-01-05 08:00")
    result = finding(
        "2026-01-06 09:01", "alarms", Verdict.ABNORMAL, HOSTILE, since="2026-01-05 17:00",
        measures=(MEASURE.model_copy(update={"title": clean(HOSTILE)}),), evidence=(evidence(HOSTILE),),
        advice=(HOSTILE,), spells=(alarm_period("2026-01-06 03:00", None, HOSTILE),),
    )  # fmt: skip
    ledger.find("2026-01-06 09:01", "daily-morning@2026-01-06T09:00", result)
    ledger.sign("2026-01-06 09:05", "daily-morning@2026-01-06T09:00", note=HOSTILE, user=HOSTILE)
    ledger.entry("2026-01-06 10:00", EntryKind.NOTE, "x", target=HOSTILE, data={"note": f"{HOSTILE}\n# h"})
    ledger.entry(
        "2026-01-06 17:10",
        EntryKind.REMARK,
        subject="report@2026-01-06",
        data={"text": f"- {HOSTILE}\n\n1. b"},
    )
    return ledger.report("2026-01-06", "2026-01-07 09:00")


def test_html_fetches_and_runs_nothing_and_prints_on_a4(report):
    page = to_html(report)
    parsed = Page(page)
    assert not parsed.tags & {"script", "img", "a", "link", "iframe", "b"}
    assert not parsed.attributes & {"src", "href", "onload", "style"}
    assert "default-src &#x27;none&#x27;" in page
    assert "@page { size: A4" in page
    assert "@import" not in page
    assert "url(" not in page
    assert "<script>alert(1)</script>" in parsed.words
    assert "\x1b" not in page


def test_markdown_shows_hostile_text_as_text(report):
    written = to_markdown(report)
    page = Page(PARSER.render(written))
    assert not page.tags & {"script", "a", "img", "s", "code", "ol"}
    assert page.words.count("<script>alert(1)</script>") >= 8
    assert "\x1b" not in written
    # A row of a table has as many cells as its head, whatever stands in them.
    for part in written.split("\n\n"):
        rows = [row for row in part.splitlines() if row.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) <= 1


@given(
    words=st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]) | st.just(" ")
    )
)
def test_any_line_survives_markdown_unchanged(words):
    words = " ".join(words.split())
    page = Page(PARSER.render(f"before\n\n{text(words)}\n"))
    assert page.words.split("\n", 1)[1].strip() == words
    assert page.tags <= {"p"}


def test_lines_of_a_remark_stay_lines():
    whole = Document(
        "t", None, "ja", DocumentFacts(()), sections=(Section("s", (Quote("一\n\n二 # x", "山田"), Paragraph("a\nb"))),)
    )  # fmt: skip
    page = Page(PARSER.render(write_markdown(whole)))
    assert {"blockquote", "br"} <= page.tags
    assert "二 # x" in page.words
    assert "一\n\n二 # x\n— 山田" in Page(write_html(whole)).words


def test_a_verdict_is_never_shown_by_colour_alone():
    marked = partial(DocumentLine, tone=Verdict.ABNORMAL, mark="◆")
    rows = [marked(("a", "b")), marked(("◆ 異常", "c")), DocumentLine(("d",))]
    whole = Document("t", None, "ja", DocumentFacts(()), sections=(Section("s", (table(("x", "y"), rows),)),))
    assert "| ◆ a | b |\n| ◆ 異常 | c |\n| d |  |" in write_markdown(whole)
    assert '<tr class="row abnormal"><td class="short">◆ a</td>' in write_html(whole)


def test_json_round_trips(report):
    written = report.model_dump_json()
    assert DayReport.model_validate_json(written) == report
    assert json.loads(written)["version"] == 1


def test_wareki(report):
    i18n.use("ja")
    try:
        assert "2026年1月6日(火)" in to_markdown(report)
        assert "令和8年1月6日(火)" in to_markdown(report, wareki=True)
        assert "令和8年1月6日(火)" in to_html(report, wareki=True)
    finally:
        i18n.use("en")
    assert "Reiwa 8" in to_markdown(report, wareki=True)


def test_every_field_is_described():
    visited, pending = set(), [DayReport, PeriodReport]
    while pending:
        model = pending.pop()
        if model in visited or not model.__module__.startswith("services.models.report"):
            continue
        visited.add(model)
        described = docs(model)
        assert not [name for name in model.model_fields if not described.get(name)], model
        pending += [inner for field in model.model_fields.values() if (inner := model_in(field.annotation))]
    assert len(visited) > 10


def test_markdown_is_stable_when_reparsed(report, tmp_path):
    again = DayReport.model_validate_json(report.model_dump_json())
    assert to_markdown(again) == to_markdown(report)
