import json
from datetime import UTC, date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.logs import Severity
from services.models.text import clean, clean_line
from widgets.logs.form.field_patterns import pattern_for
from widgets.logs.form.field_rows import rows_of, value_text
from widgets.logs.form.group_form import FormChoice, GroupForm, forms
from widgets.logs.store.store import StoredLine

_NAMES = sorted(
    {
        "a.b", "", "\x1b[2J", "[@click=app.quit]x", "name", "value", "type", "level", "time", "action", "httpRequest", "headers",
        "ruleGroupList", "terminatingRule", "terminatingRuleId", "labels", "webaclId", "clientIp", "country", "uri", "args",
        *(name for form in forms() for role in form.roles for name in role.names),
    }
)  # fmt: skip
TEXTS = st.sampled_from(["", "x", "\u202e\x1b[31m", "e" + "\u0301" * 50, "{0} %s [b]", "host", "BLOCK"])
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.sampled_from(_NAMES), VALUES, max_size=6)
REQUESTS = RECORDS.flatmap(
    lambda record: st.fixed_dictionaries({"action": VALUES, "httpRequest": RECORDS}).map(
        lambda request: record | request
    )
)


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.id)
@given(record=RECORDS | REQUESTS)
def test_any_line_is_drawn(form, record):
    text = clean_line(json.dumps(record))
    line = StoredLine(1, 1, 1, "s", False, text)
    group = GroupForm()
    group.choose(FormChoice(form=form.id))
    group.form = form
    group.take([text], 1)
    group.fit(100)
    lead, spans = group.layout.body(line, Severity.PLAIN.name.lower(), 400)
    rows = rows_of(form, line, UTC, date(2026, 1, 14))
    drawn = [group.layout.header(), *(words for words, _style in (*lead, *spans))]
    drawn += [words for row in rows for words in (row.name, row.text)]
    assert [words for words in drawn if clean(words, 100_000) != words] == []
    for row in rows:
        assert len(pattern_for(form, row)) <= 1024
        assert isinstance(value_text(row), str)


def test_columns_of_a_damaged_file_are_bounded():
    group = GroupForm()
    group.choose(FormChoice(form="json", chosen=(("status", 10**7), ("path", -5), *[("ms", 9)] * 500)))
    text = '{"status":1,"path":"/a","ms":3}'
    group.take([text], 1)
    group.fit(100)
    lead, _spans = group.layout.body(StoredLine(1, 1, 1, "s", False, text), "plain", 400)
    assert sum(len(words) for words, _style in lead) < 1_000
    assert len(group.layout.header()) < 1_000
