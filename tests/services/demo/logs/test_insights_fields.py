"""The values of Logs Insights against AWS's user guide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.logs.insights.plan import parse
from services.demo.logs.insights.records import QueryError, compare, names_of, sort_key
from tests.services.demo.logs.insights_tables import column, outcome, table

CLOUDTRAIL = {
    "eventVersion": "1.0",
    "userIdentity": {"type": "IAMUser", "accountId": "123456789012", "userName": "Alice"},
    "requestParameters": {"instancesSet": {"items": [{"instanceId": "i-abcde123"}]}},
    "responseElements": {"items": [{"currentState": {"code": 0, "name": "pending"}}], "none": None},
}


class TestFields:
    def test_json_is_flattened_with_dots(self):
        query = """fields userIdentity.type, requestParameters.instancesSet.items.0.instanceId as id,
            responseElements.items.0.currentState.code as code, responseElements.none, userIdentity"""
        assert table(query, CLOUDTRAIL) == [{"userIdentity.type": "IAMUser", "id": "i-abcde123", "code": "0"}]
        assert set(names_of(CLOUDTRAIL)) == {
            "eventVersion",
            "userIdentity.type",
            "userIdentity.accountId",
            "userIdentity.userName",
            "requestParameters.instancesSet.items.0.instanceId",
            "responseElements.items.0.currentState.code",
            "responseElements.items.0.currentState.name",
        }

    def test_a_discovered_name_with_at_gets_one_more(self):
        assert table("fields @@example.com", {"@example.com": 1}) == [{"@@example.com": "1"}]

    def test_generated_fields(self):
        assert table("fields @log, @logStream, @ingestionTime, @timestamp, @message, level", "plain") == [
            {
                "@log": "123456789012:/app",
                "@logStream": "s1",
                "@ingestionTime": "2026-01-14 01:00:00.900",
                "@timestamp": "2026-01-14 01:00:00.000",
                "@message": "plain",
            }
        ]


class TestTraps:
    def test_trap_20_a_comment_behind_a_command_is_refused(self):
        query = "fields @timestamp\n| filter duration > 1000 # 1秒以上\n| limit 20"
        with pytest.raises(QueryError, match="unexpected symbol found # at line 2 and position 26"):
            parse(query)

    def test_equality_is_case_sensitive(self):
        messages = [{"level": "error"}, {"level": 50}, {"level": "ERROR"}]
        assert column('fields level | filter level = "ERROR"', *messages) == ["ERROR"]

    def test_an_absent_level_matches_nothing(self):
        result = outcome('filter level = "ERROR" or level > 1 or level like /E/', {"message": "ERROR"})
        assert (result.matched, result.scanned) == (0, 1)

    def test_an_applications_message_is_not_the_whole_line(self):
        assert table("fields message", {"message": "inner"}) == [{"message": "inner"}]

    def test_limit_hides_what_matched(self):
        result = outcome("filter n >= 0 | limit 3", *({"n": n} for n in range(10)))
        assert (len(result.rows), result.matched) == (3, 10)

    def test_strings_with_units_are_no_numbers(self):
        assert column("fields t | filter t > 5", {"t": "10ms"}, {"t": "10"}) == ["10"]

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "| fields a",
            "fields a |",
            "select * from logs",
            "fields a, ",
            "filter",
            "filter a =",
            "filter a like b",
            "filter a like /(?=x)/",
            "filter a like /(?<!x)y/",
            r"filter a like /(x)\1/",
            "filter a like /(/",
            "filter a like /x/i",
            "filter (a = 1",
            "filter a in 1",
            "filter a not 1",
            "filter count(*) > 1",
            "filter nosuch(a)",
            "filter abs()",
            "parse @message /x/",
            "parse @message 'a*b*' as x",
            "parse @message 'a*' as x | parse @message 'b*' as x",
            "parse @message",
            "stats a by b",
            "stats count(*) by bin(5x)",
            "stats count(*) by bin(n)",
            "stats pct(a)",
            "sort",
            "limit many",
            "limit 0",
            "limit 1.5",
            "fields foo-bar as x | fields 'y' as x",
        ],
    )
    def test_refused(self, query):
        with pytest.raises(QueryError):
            parse(query)


@given(st.lists(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())))
def test_numbers_sort_behind_texts_and_by_their_size(values):
    ordered = sorted(values, key=sort_key)
    kinds = [sort_key(value)[0] for value in ordered]
    assert kinds == sorted(kinds)
    numbers = [float(value) for value in ordered if sort_key(value)[0] == 2]
    assert numbers == sorted(numbers)


@given(st.integers(-99, 99) | st.text(max_size=3), st.integers(-99, 99) | st.text(max_size=3))
def test_comparisons_agree_with_each_other(left, right):
    assert compare("=", left, right) is not compare("!=", left, right)
    assert compare("<", left, right) is compare(">", right, left)
    assert compare("<=", left, right) is (
        compare("<", left, right) or compare("=", left, right)
    ) or isinstance(left, str) is not isinstance(right, str)
    assert not compare("=", None, right)
    assert compare("!=", None, right)
