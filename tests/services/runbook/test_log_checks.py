import pytest

from services.models.runbook import LogGroupSpec
from services.runbook.loader import loads
from tests.services.runbook.small import SYSTEM, mistakes

GROUP = '[[log_groups]]\nid = "/ecs/s"\ntitle = "t"\n'


def test_a_group_may_name_its_form_and_its_columns_and_need_not():
    text = (
        SYSTEM
        + GROUP
        + 'form = "json"\ncolumns = ["http.status", "path"]\n'
        + GROUP.replace("/ecs/s", "/ecs/t")
    )
    first, second = loads(text).runbook.log_groups
    assert (first.form, list(first.columns)) == ("json", ["http.status", "path"])
    assert (second.form, second.columns) == (None, ())
    assert LogGroupSpec(id="g", title="t").columns == ()  # a plain name


@pytest.mark.parametrize(
    ("line", "key", "message"),
    [
        ('form = "xml"', "log_groups[0].form", "must be one of waf, json, postgresql, plain (found 'xml')"),
        ('columns = ["a", "b", "a"]', "log_groups[0].columns[2]", '"a" appears twice: rename or remove one'),
        (
            'request_ids = ["order_id", "orderId"]',
            "log_groups[0].request_ids[1]",
            '"orderId" appears twice: rename or remove one',
        ),
        (
            'columns = [" "]',
            "log_groups[0].columns[0]",
            "must be the name of a field, at most 200 characters long",
        ),
        (
            'form = "plain"\ncolumns = ["a"]',
            "log_groups[0].columns",
            "lines of the form plain have no columns",
        ),
        ("columns = 3", "log_groups[0].columns", "must be a list: put it in [ ] (found 3)"),
    ],
)
def test_a_mistake_in_it_is_reported_with_its_key(line, key, message):
    assert mistakes(GROUP + line + "\n") == {key: message}
