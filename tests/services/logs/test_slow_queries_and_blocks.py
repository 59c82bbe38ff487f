import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.logs.slow_queries import by_minute, by_statement, slow_line, statement
from services.logs.waf_blocks import KINDS, WafBlock, block_of, grouped

T0 = datetime(2026, 1, 13, 9, 0, tzinfo=UTC)
PREFIX = "2026-01-13 09:00:00 UTC:10.0.0.1(5):app@db:[1]:LOG:  duration: "


def query(ms, text):
    return f"{PREFIX}{ms:.3f} ms  execute <unnamed>: {text}"


def test_queries_of_one_shape_are_one_with_their_durations_and_times():
    lines = [
        (
            T0 + timedelta(seconds=20 * n),
            slow_line(query(ms, f"SELECT * FROM t WHERE id IN (1, {n}) AND n = '{n}'")),
        )
        for n, ms in enumerate([1000.0, 3000.0, 2000.0, 9000.0])
    ]
    (shape,) = by_statement([(at, line) for at, line in lines if line is not None])
    assert shape.text == "SELECT * FROM t WHERE id IN (?…) AND n = ?"
    assert (shape.lines, shape.worst, shape.total) == (4, 9000.0, 15000.0)
    assert (shape.percentile(0.5), shape.percentile(0.95)) == (2000.0, 9000.0)
    assert (shape.first, shape.last, shape.slowest_at) == (
        T0,
        T0 + timedelta(minutes=1),
        T0 + timedelta(minutes=1),
    )
    minutes = by_minute([(at, line) for at, line in lines if line is not None])
    assert [(each.text, each.lines) for each in minutes] == [
        ("2026-01-13T09:01:00+00:00", 1),
        ("2026-01-13T09:00:00+00:00", 3),
    ]


@given(st.text(max_size=80), st.text("abc'\"0129$-/* ", max_size=40))
def test_a_value_in_quotation_marks_never_stays(text, value):
    secret = "'" + value.replace("'", "''") + "geheim'"
    assert "geheim" not in statement(f"SELECT 1 FROM t WHERE a = {secret}")
    assert len(statement(text)) <= 301


def record(address, country, uri, action="BLOCK"):
    content = {
        "action": action,
        "terminatingRuleId": "AWS-AWSManagedRulesCommonRuleSet",
        "httpRequest": {"clientIp": address, "country": country, "uri": uri},
    }
    return json.dumps(content).encode()


def test_blocked_requests_are_counted_by_rule_address_country_and_path():
    at = int(T0.timestamp() * 1000)
    lines = [
        record("192.0.2.1", "NL", "/a"),
        record("192.0.2.1", "NL", "/b"),
        record("192.0.2.2", "US", "/a"),
    ]
    blocks = [block for n, line in enumerate(lines) if (block := block_of(line, at + n * 1000)) is not None]
    counts = {kind: [(group.name, group.count) for group in grouped(blocks, kind)] for kind in KINDS}
    assert counts == {
        "rule": [("CommonRuleSet", 3)],
        "address": [("192.0.2.1", 2), ("192.0.2.2", 1)],
        "country": [("NL", 2), ("US", 1)],
        "uri": [("/a", 2), ("/b", 1)],
    }
    first = grouped(blocks, "address")[0]
    assert (first.country, first.first, first.last) == ("NL", T0, T0 + timedelta(seconds=1))
    assert block_of(record("192.0.2.1", "NL", "/", "ALLOW"), at) is None


@given(st.binary(max_size=60) | st.sampled_from([b'{"action":"BLOCK"', b'{"action":"BLOCK"}', b'["BLOCK"]']))
def test_any_line_may_stand_in_the_log_of_the_firewall(line):
    block = block_of(line, 0)
    assert block is None or isinstance(block, WafBlock)
