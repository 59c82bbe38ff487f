"""The commands of Logs Insights, against the examples of AWS's user guide ("Logs Insights QL")."""

import pytest

from tests.services.demo.logs.insights_tables import column, outcome, table

LINE = "25 May 2019 10:24:39,474 [ERROR] {foo=2, bar=data} The error was: DataIntegrityException"
PARSED = {"level": "ERROR", "config": "{foo=2, bar=data}", "exception": "DataIntegrityException"}
CALLS = [
    "user=a, method:get, latency := 10",
    "user=b, method:put, latency := 7",
    "user=a, method:get, latency := 21",
]


class TestCommands:
    def test_display_shows_only_its_last_fields(self):
        query = """fields @message
            | parse @message "[*] *" as loggingType, loggingMessage
            | filter loggingType = "ERROR"
            | display loggingType
            | display loggingMessage"""
        assert table(query, "[ERROR] disk full", "[INFO] fine") == [{"loggingMessage": "disk full"}]

    def test_fields_with_functions_and_names_in_backticks(self):
        query = "fields `foo-bar`, action, abs(f3-f4), concat(Operation, '-', StatusCode) as opStatus"
        message = {"foo-bar": 1, "action": "x", "f3": 2, "f4": 5.5, "Operation": "GET", "StatusCode": 200}
        assert table(query, message) == [
            {"foo-bar": "1", "action": "x", "abs(f3-f4)": "3.5", "opStatus": "GET-200"}
        ]

    def test_several_fields_commands_show_all_of_theirs(self):
        assert table("fields a | fields b, a", {"a": 1, "b": 2}) == [{"a": "1", "b": "2"}]

    def test_without_fields_timestamp_and_message_are_shown(self):
        assert table("filter (duration>2000)", {"duration": 2000}, {"duration": 2001}) == [
            {"@timestamp": "2026-01-14 01:01:00.000", "@message": '{"duration": 2001}'}
        ]

    @pytest.mark.parametrize(
        ("condition", "matches"),
        [
            ("(f1=10 or f3>25)", [0, 1]),
            ("f1=10 and f3>25", []),
            ("statusCode like /2\\d\\d/", [0, 2]),
            ("statusCode in [300,400,500]", [1]),
            ("statusCode not in [200,299]", [1, 3]),
            ("not (statusCode = 200 or statusCode = 400)", [2, 3]),
            ("ispresent(statusCode)", [0, 1, 2]),
            ("f3 * 2 - 1 >= 51 and f3 % 5 = 1", [1]),
            ("strcontains(text, 'sk fu')", [3]),
            ("f1 != 10", [1, 2, 3]),
        ],
    )
    def test_filter(self, condition, matches):
        messages = [
            {"n": 0, "f1": 10, "statusCode": 200},
            {"n": 1, "f3": 26, "statusCode": "400"},
            {"n": 2, "statusCode": 299},
            {"n": 3, "text": "disk full"},
        ]
        values = column(f"fields n | filter {condition} | sort n asc", *messages)
        assert values == [str(n) for n in matches]

    def test_not_in_takes_whole_strings_and_what_lacks_the_field(self):
        query = 'fields Type | filter Type not in ["foo","bar",1]'
        assert column(query, {"Type": "foo"}, {"Type": 1}, {"Type": "food"}, {"x": 1}) == [None, "food"]

    @pytest.mark.parametrize(
        ("condition", "matches"),
        [
            ("like /Exception/", ["an Exception", "Exception"]),
            ("=~ /Exception/", ["an Exception", "Exception"]),
            ('like "Exception"', ["an Exception", "Exception"]),
            ("like /(?i)Exception/", ["an exception", "an Exception", "Exception"]),
            ("=~ /^(?i)Exception$/", ["Exception"]),
            ("not like 'an'", ["Exception"]),
            ("like /a\\/b/", []),
        ],
    )
    def test_substrings_and_regular_expressions(self, condition, matches):
        texts = ("Exception", "an Exception", "an exception")
        assert column(f"fields f1 | filter f1 {condition}", *({"f1": text} for text in texts)) == matches

    def test_sort_and_limit(self):
        query = "sort @timestamp desc | limit 2 | display f1, f2"
        assert table(query, {"f1": 1}, {"f1": 2}, {"f1": 3, "f2": 4}) == [{"f1": "3", "f2": "4"}, {"f1": "2"}]

    def test_a_line_of_comment_is_ignored(self):
        query = """fields @timestamp, @message
            # | filter @message like /delay/
            | limit 20"""
        assert len(table(query, "no")) == 1


class TestParse:
    @pytest.mark.parametrize(
        "pattern",
        [
            '"[*] * The error was: *" as level, config, exception',
            r"/\[(?<level>\S+)\]\s+(?<config>\{.*\})\s+The error was: (?<exception>\S+)/",
        ],
    )
    def test_glob_and_regular_expression_agree(self, pattern):
        assert table(f"fields @logStream | parse @message {pattern}", LINE, "other") == [
            {"@logStream": "s1"},
            {"@logStream": "s1"} | PARSED,
        ]

    def test_without_a_field_the_message_is_parsed(self):
        assert table('parse "[*]" as level | display level', LINE) == [{"level": "ERROR"}]

    def test_average_by_what_was_parsed(self):
        query = """parse @message "user=*, method:*, latency := *" as @user, @method, @latency
            | stats avg(@latency) by @method, @user | sort @user asc"""
        assert table(query, *CALLS) == [
            {"@method": "get", "@user": "a", "avg(@latency)": "15.5"},
            {"@method": "put", "@user": "b", "avg(@latency)": "7"},
        ]

    def test_chained(self):
        query = """parse @message "url=*" as url
            | parse url "/api/*/users/*" as apiVersion, userId
            | display apiVersion, userId"""
        assert table(query, "url=/api/v2/users/17") == [{"apiVersion": "v2", "userId": "17"}]

    def test_a_list_in_a_line(self):
        query = """parse @message "'fieldsA': '*', 'fieldsB': ['*']" as fld, array | display fld, array"""
        assert table(query, "{'fieldsA': 'logs', 'fieldsB': ['a1']}") == [{"fld": "logs", "array": "a1"}]

    def test_the_runbooks_slow_queries(self):
        query = r"""fields @timestamp, @message
            | filter @message like /duration/
            | parse @message /duration: (?<duration>\d+\.\d+) ms/
            | filter duration > 1000
            | sort duration desc
            | limit 20"""
        lines = [f"LOG:  duration: {taken} ms  execute" for taken in ("999.900", "1200.5", "10300.25")]
        result = outcome(query, *lines, "LOG:  checkpoint", "duration unknown")
        assert [row[2] for row in result.rows] == [
            {"field": "duration", "value": "10300.25"},
            {"field": "duration", "value": "1200.5"},
        ]
        assert (result.matched, result.scanned) == (2, 5)


class TestStats:
    def test_every_function(self):
        messages = [{"f": n, "s": f"x{n}"} for n in range(1, 11)] + [{"g": 1}]
        query = """stats count(*) as all, count() as too, count(f) as f1, count_distinct(f) as kinds, sum(f) as total,
            avg(f) as mean, min(f) as low, max(f) as high, pct(f, 95) as p95,
            max(f) - min(f) as width, max(s) as longest"""
        assert table(query, *messages) == [
            {"all": "11", "too": "11", "f1": "10", "kinds": "10", "total": "55", "mean": "5.5", "low": "1"}
            | {"high": "10", "p95": "10", "width": "9", "longest": "x9"}
        ]

    def test_groups_bins_and_a_filter_behind(self):
        query = """stats count(*), max(n) as high by bin(1h), kind
            | filter count(*) > 1 | sort bin(1h) asc, high desc"""
        messages = [{"kind": "ab"[n % 2], "n": n} for n in range(7)]
        assert table(query, *messages, step=1_200_000) == [
            {"bin(1h)": "2026-01-14 01:00:00.000", "kind": "a", "count(*)": "2", "high": "2"},
            {"bin(1h)": "2026-01-14 02:00:00.000", "kind": "b", "count(*)": "2", "high": "5"},
        ]

    def test_names_for_groups_and_stats_of_stats(self):
        query = "stats count(*) as n by bin(5m) as at | stats max(n) as most, count(*) as bins"
        assert table(query, *"abcdefgh") == [{"most": "5", "bins": "2"}]

    def test_aggregated_rows_have_no_pointer_and_events_have(self):
        assert [[pair["field"] for pair in row] for row in outcome("stats count(*)", "x").rows] == [
            ["count(*)"]
        ]
        row = outcome("fields a", {"a": 1}).rows[0]
        assert [pair["field"] for pair in row] == ["a", "@ptr"]
        assert row[1]["value"]

    def test_nothing_to_group_produces_no_row(self):
        assert outcome('filter level = "ERROR" | stats count(*) as n', {"level": "INFO"}).rows == []

    def test_events_matched_are_counted_before_the_groups(self):
        result = outcome(
            "filter n > 0 | stats count(*) as c by n | filter c > 5 | limit 1", *({"n": n} for n in range(5))
        )
        assert (result.matched, result.scanned, result.rows) == (4, 5, [])
