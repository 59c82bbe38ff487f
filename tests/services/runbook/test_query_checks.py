import pytest

from services.aws.logs.query_text import commands
from services.models.insights_queries import QueryLanguage
from services.runbook.loader import load_builtin
from tests.services.runbook.small import mistakes

GROUP = '[[log_groups]]\nid = "/ecs/s"\ntitle = "t"\n'
QUERY = GROUP + '[[queries]]\nid = "q"\ntitle = "t"\n'


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ('query = "fliter a = 1"', "queries[0].query", 'did you mean "filter"'),
        ('query = "fields @message | unmask @message"', "queries[0].query", "unmask is never sent"),
        ('query = "limit 1"\nlog_groups = ["/ecs/t"]', "queries[0].log_groups[0]", "/ecs/s"),
        ("query = \"SELECT 1 FROM x\"\nlanguage = \"sql\"\nlog_groups = [\"/ecs/s\"]", "queries[0].log_groups", "after FROM"),
        ('query = "filter a = {{b}}"', "queries[0].query", "{{b}} is no parameter"),
        ('query = "limit 1"\nparameters = [{ name = "b" }]', "queries[0].parameters[0].name", "has no {{b}}"),
        ('query = "where a = {{b}}"\nlanguage = "ppl"\nparameters = [{ name = "b" }]', "queries[0].parameters", "only LogsQL"),
        ('query = "filter a = {{b}}"\nparameters = [{ name = "b" }, { name = "b" }]', "queries[0].parameters[1].name", "appears twice"),
        ('query = "limit 1"\nhours = 0', "queries[0].hours", "more than 0"),
        ('query = "limit 1"\n[[queries]]\nid = "q"\ntitle = "u"\nquery = "limit 2"', "queries[1].id", "appears twice"),
    ],
)  # fmt: skip
def test_mistakes_are_reported_by_key(text, key, message):
    assert message in mistakes(f"{QUERY}{text}\n")[key]


def test_comments_and_every_command_are_accepted():
    query = "query = '''\n# a comment\nfields a | filter b = 1 # another\n| SOURCE x | dedup a'''\n"
    assert mistakes(QUERY + query) == {}


def test_the_written_runbooks_two_queries_are_there_corrected():
    by_id = {query.id: query.saved for query in load_builtin("facility-prod").queries}
    errors, slow = by_id["error-logs"], by_id["slow-queries"]
    assert "statusCode >= 500" in errors.text
    assert errors.groups == ("/ecs/staff-api",)
    assert r"[0-9.]+" in slow.text
    assert "#" not in slow.text, "only lines that start with # are documented as comments"
    assert slow.language is QueryLanguage.LOGSQL
    assert [parameter.default for parameter in slow.parameters] == ["1000"]
    assert len(commands(slow.text)) == 6
