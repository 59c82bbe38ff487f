import shlex
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from services import i18n
from services.models.date_text import weekday_text
from services.report.rendering.html import write as to_html
from services.report.rendering.markdown import write as to_markdown
from services.report.rendering.runbook_document import BLANK, runbook_document
from services.runbook.loader import load_builtin, loads
from tests.services.runbook.small import SYSTEM
from tests.tools.html_page import Page
from tests.tools.japanese import holds_japanese

PRINTED = datetime(2026, 1, 19, 9, 0, tzinfo=ZoneInfo("Asia/Tokyo"))


def html(runbook):
    return to_html(runbook_document(runbook, PRINTED, "facility-prod"))


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_nothing_of_the_runbook_is_left_out(language):
    i18n.use(language)
    runbook = load_builtin("facility-prod")
    words = Page(html(runbook)).words
    texts = [
        *(each.role for each in (*runbook.contacts, *runbook.approvers)),
        *(each.scope for each in runbook.contacts),
        *(each.title for each in (*runbook.limits, *runbook.alarms, *runbook.playbooks, *runbook.procedures)),
        *(step.text for book in (*runbook.playbooks, *runbook.procedures) for step in book.steps),
        *(step.note for book in (*runbook.playbooks, *runbook.procedures) for step in book.steps),
        *(text for book in (*runbook.playbooks, *runbook.procedures) for text in book.caution),
        *(text for book in runbook.playbooks for cause in book.causes for text in (cause.cause, cause.action)),
        *(each.name for each in runbook.alarms),
        *(duty.title for duty in runbook.duties),
        *(text for duty in runbook.duties for text in (*duty.asks, duty.record)),
        *(each.id for each in runbook.log_groups),
    ]  # fmt: skip
    assert [text for text in texts if text not in words] == []
    assert f"2026-01-19({weekday_text(0)}) 09:00 JST" in words
    assert BLANK in words, "room to write what is undecided"
    if language == "en":
        assert not holds_japanese(words)


def test_it_executes_and_loads_nothing():
    page = Page(html(load_builtin("facility-prod")))
    assert not page.tags & {"script", "link", "img", "iframe", "a", "form", "object"}
    assert not page.attributes & {"src", "href", "onclick", "onload"}


def test_it_is_for_a4_and_keeps_a_playbook_on_one_page():
    page = html(load_builtin("facility-prod"))
    assert "size: A4" in page
    assert page.count('<section class="whole">') > 20
    assert 'class="verdict' not in page


def test_whatever_a_runbook_holds_is_text():
    runbook = loads(
        SYSTEM
        + "[[contacts]]\nrole = '''R <b>x</b>'''\nscope = '''<script>alert(1)</script>'''\n"
        + "[[playbooks]]\nid = 'p'\ntitle = '''<img src=x>'''\nsteps = [{ text = '''<a href='//e'>x</a>''' }]\n"
    ).runbook
    page = Page(html(runbook))
    assert not page.tags & {"b", "script", "img", "a"}
    assert "<script>alert(1)</script>" in page.words
    assert "\\<script>" in to_markdown(runbook_document(runbook, PRINTED, "x"))


def test_a_command_on_paper_runs_nothing_that_a_name_contains():
    name = "/ecs/x'; touch y; echo $(id) `id`"
    runbook = loads(SYSTEM + f'[[log_groups]]\nid = "{name}"\ntitle = "x"\n').runbook
    words = Page(html(runbook)).words
    line = next(row for row in words.split("aws ") if row.startswith("logs tail"))
    assert shlex.split(line)[:4] == ["logs", "tail", name, "--since"]


def test_a_small_runbook_has_only_what_it_holds():
    document = runbook_document(loads(SYSTEM).runbook, PRINTED, "other.toml")
    assert document.sections == ()
    assert "other.toml" in document.footer


def test_the_roster_on_paper_leaves_room_where_nobody_is_on_duty():
    entries = [
        ("佐藤", "2026-01-12", "2026-01-16"),
        ("田中", "2026-01-19", "2026-01-20"),
        ("鈴木", "2026-01-23", "2026-01-23"),
    ]
    roster = "".join(
        f'[[roster]]\nperson = "{person}"\nstarts = {starts}\nends = {ends}\ncontact = "内線 1"\n'
        for person, starts, ends in entries
    )
    words = to_markdown(runbook_document(loads(SYSTEM + roster).runbook, PRINTED, "city.toml"))
    assert "佐藤" not in words, "it is over"
    assert "田中" in words
    assert "01-21" in words, "nobody is on duty"
    assert BLANK in words
