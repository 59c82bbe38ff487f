import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from services.models import glyphs
from tests.architecture.bindings import bindings_of_class, bound_keys, key_methods, node_classes
from tests.tools import catalogue
from tui.key_meanings import MEANINGS, rows
from tui.moved_keys import FORMER, MOVED, TO_THE_PALETTE
from widgets.frame.key_names import has_key, key_name

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/screens.md").read_text("utf-8")
_CODE = re.compile(r"`([^`]+)`")
_OTHER_SPELLING = re.compile(
    r"\bEnter\b|\bEscape\b|\bESC\b|\besc\b|\b[Cc]trl\b|エンター|エスケープ|\bPage(Up|Down)\b|\bspace bar\b|スペースキー|[↑←][↓→]"
)
_CAPITALS = re.compile(r"\bEnter\b|\bEscape\b|\bCtrl\b|エンター")
_AS_IN_THE_CONFIGURATION = '"{key}" is not a key: write it as ctrl+r, f5, question_mark or ?'
MOST_ROWS = 60  # Of keys: a rare action lives in the palette alone
TYPED_BY_METHOD = {
    *(("GroupScreen", "up"), ("GroupScreen", "down")),
    *(("LayoutScreen", "up"), ("LayoutScreen", "down")),
}


def table(name):
    body = PAGE.split(f"<!-- {name} -->\n", 1)[1].split("<!-- end -->", 1)[0]
    rows = [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in body.splitlines()]
    return rows[2:]


def keys_without_meaning(bound):
    for binding in bound:
        meanings = [meaning for meaning in MEANINGS if binding.key in meaning.keys]
        if not meanings:
            yield f"{binding.owner} binds {key_name(binding.key)} ({binding.title}), which has no meaning in docs/screens.md"
        elif not any(binding.title in meaning.titles for meaning in meanings):
            means = "; ".join(meaning.text for meaning in meanings)
            yield f"{binding.owner} binds {key_name(binding.key)} for “{binding.title}”, but that key means: {means}"


def test_the_page_and_the_registry_of_meanings_have_the_same_keys():
    page = [(_CODE.findall(keys), meaning) for keys, meaning, _words in table("keys")]
    assert page == [
        ([key_name(key) for each in row for key in each.keys], "; ".join(each.text for each in row))
        for row in rows()
    ]
    assert len(page) <= MOST_ROWS


def test_reserved_keys_are_marked_as_such_in_both():
    assert all(each.is_reserved for each in MEANINGS if each.text.startswith("reserved"))
    assert not [each.text for each in MEANINGS if each.text.startswith("reserved") and each.titles]


def test_a_key_stands_in_one_row():
    counts = Counter(key for meaning in MEANINGS for key in meaning.keys)
    assert [key for key, count in counts.items() if count > 1] == []


def test_every_binding_uses_a_key_with_its_meaning():
    assert list(keys_without_meaning(bound_keys())) == []
    assert key_methods() == TYPED_BY_METHOD


def test_every_title_in_the_registry_belongs_to_a_binding():
    titles_by_key: dict[str, set[str]] = {}
    for binding in bound_keys():
        titles_by_key.setdefault(binding.key, set()).add(binding.title)
    for meaning in MEANINGS:
        used = set().union(*(titles_by_key.get(key, set()) for key in meaning.keys))
        assert meaning.titles <= used, meaning.text


def test_no_class_binds_a_key_twice():
    counts = Counter((each.owner, each.key) for each in bound_keys())
    assert [owner_and_key for owner_and_key, count in counts.items() if count > 1] == []


def test_every_old_key_leads_to_a_binding_with_another_key():
    bound = [each for owner in node_classes() for each in bindings_of_class(owner)]
    for moved in MOVED:
        replacing = [
            each
            for each in bound
            if (each.id == moved.id if moved.id else (each.owner, each.action) == (moved.owner, moved.action))
        ]
        assert replacing, moved
        assert moved.old not in {each.key for each in replacing}, moved
        if moved in TO_THE_PALETTE:
            assert not any(has_key(each.key) for each in replacing), moved


def test_the_former_keys_of_a_binding_are_not_its_keys():
    keys_by_id: dict[str, set[str]] = {}
    for binding in (each for owner in node_classes() for each in bindings_of_class(owner)):
        keys_by_id.setdefault(binding.id, set()).add(binding.key)
    for id, former in FORMER.items():
        assert set(former.split(",")) != keys_by_id[id], id


def test_every_key_is_spelled_one_way_on_the_screen():
    wrong = []
    for message in catalogue.read_catalogue(catalogue.PO):
        if message.id and message.id != _AS_IN_THE_CONFIGURATION:
            wrong += [text for text in _texts(message) if _OTHER_SPELLING.search(text)]
    assert wrong == []


def test_no_key_is_spelled_otherwise_in_a_text_that_is_not_translated():
    wrong = []
    for folder in ("tui", "widgets"):
        for path in (ROOT / folder).rglob("*.py"):
            wrong += [f"{path.name}: {text}" for text in _literals(path) if _CAPITALS.search(text)]
    assert wrong == []


def _literals(path):
    tree = ast.parse(path.read_text("utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def _texts(message):
    for part in (message.id, message.string):
        yield from [part] if isinstance(part, str) else part


def test_the_glyphs_of_the_page_are_those_of_the_code():
    constants = {name: value for name, value in vars(glyphs).items() if name.isupper()}
    page = {name: _CODE.findall(glyph)[0] for glyph, name, _meaning, _words in table("glyphs")}
    assert page == constants
    assert len(set(constants.values())) == len(constants)


_RANGE_IN_JAPANESE = re.compile(r"〜|[}\d]\s*[–~]\s*[{\d]|\s～|～\s")
_RANGE_IN_ENGLISH = re.compile(r"[～〜]|[}\d]\s[–-]\s[{\d]|\}[-~]\{")
_TWO_CHARACTERS = re.compile(r"(?<![<>=])[<>]=(?![<>=])")


def test_a_range_has_the_sign_of_its_language():
    wrong = []
    for message in catalogue.read_catalogue(catalogue.PO):
        if message.id:
            english, japanese = (
                [part] if isinstance(part, str) else part for part in (message.id, message.string)
            )
            wrong += [text for text in english if _RANGE_IN_ENGLISH.search(text)]
            wrong += [text for text in japanese if _RANGE_IN_JAPANESE.search(text)]
    assert wrong == []


def test_a_comparison_is_one_character():
    # In texts of the catalogue; in code, an alarm's `comparison` is a word for programs, and its `sign` is written.
    wrong = [
        text
        for message in catalogue.read_catalogue(catalogue.PO)
        for text in _texts(message)
        if _TWO_CHARACTERS.search(text)
    ]
    for folder in ("tui", "widgets", "services"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text("utf-8")
            if "demo" in path.parts or ".comparison" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FormattedValue) and any(
                    isinstance(inner, ast.Attribute) and inner.attr == "comparison"
                    for inner in ast.walk(node)
                ):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: comparison")
    assert wrong == []


def test_a_day_is_written_by_one_module():
    # Any other form of a day is for programs or for fields in which a day is typed.
    wrong = []
    for folder in ("tui", "widgets", "services"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT).as_posix()
            if "demo" in path.parts or relative in FOR_PROGRAMS:
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and _DAY_FORM.search(node.value)
                ):
                    wrong.append(f"{relative}:{node.lineno}: {node.value}")
    assert wrong == []


_DAY_FORM = re.compile(r"%m[-/]%d|%d[-/]%m|%x|%Y年|%a\b|%b\b")  # A day in the forms of `strftime`
FOR_PROGRAMS = {
    "services/models/date_text.py",
    "services/aws_cli/calls.py",
    "services/changes/alarm_mute/parameters.py",
    "services/changes/task_limit/steps.py",
    "services/changes/typed_values.py",
    "services/host/state_files.py",
    "services/inspections/waf_blocks/waf_blocks_cli_commands.py",
    "services/inspections/waf_blocks/log_files.py",
    "services/models/runbook_inspections.py",
    "tui/cli/click_i18n.py",
    "widgets/charts/axes.py",
    "widgets/journal/table.py",
    "widgets/logs/text/time.py",
}
"""Files that write or read days as AWS, a shell or a person at the keyboard does, or in the cells of an axis."""
SIGNS = "→←⇒↑↓↳⏎◂▸▽◷▌▏⚑"
_SYMBOL = re.compile("[\u2190-\u21ff\u25a0-\u25ff\u2600-\u27bf]")
_MAY_HOLD_SYMBOLS = re.compile(rf"{_SYMBOL.pattern}|\\[uUN]")
"""A file without any, not even as an escape, need not be parsed."""


@pytest.mark.parametrize("folder", ["tui", "widgets", "services"])
def test_a_state_is_drawn_by_a_glyph_of_the_grammar_alone(folder):
    # A glyph written out in the code would be one that nobody compares with the table.
    strays = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        text = path.read_text("utf-8")
        if path.name == "glyphs.py" or "demo" in path.parts or not _MAY_HOLD_SYMBOLS.search(text):
            continue
        tree = ast.parse(text)
        docs = {
            node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docs:
                strays += [
                    f"{path.relative_to(ROOT)}:{node.lineno}: {sign}"
                    for sign in _SYMBOL.findall(node.value)
                    if sign not in SIGNS
                ]
    assert strays == []
