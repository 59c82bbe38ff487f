import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspections.waf_blocks.metrics import grouped
from services.inspections.waf_blocks.sql import blocked_query, days_of, groups_of
from services.inspections.waf_blocks.waf_blocks_inspection import BlockSources, FromOne
from services.models.base import RawId
from services.models.metrics import TimeSpan
from services.models.runbook_inspections import Firewall
from services.models.verdict import Verdict
from services.models.waf import BlockedGroup, SampledRequest, Samples

SPEC = Firewall(athena_table=RawId("waf_logs"))
UNTIL = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)


def span(hours, until=UNTIL):
    return TimeSpan(start=until - timedelta(hours=hours), end=until)


def test_trap_21_the_query_names_its_partitions_its_time_and_only_the_columns_it_needs():
    text = blocked_query(SPEC, span(3))
    assert "\"day\" IN ('2026/01/13', '2026/01/14')" in text
    # Epoch milliseconds, and the word of SQL in quotes.
    assert '"timestamp" >= 1768341600000 AND "timestamp" < 1768352400000' in text
    assert "*" not in text.replace("count(*)", "")
    assert "webaclid" not in text
    assert text.endswith("LIMIT 100")


def test_partitions_are_days_of_utc_not_of_japan():
    # 08:30 JST is still the day before.
    text = blocked_query(SPEC, span(1, datetime(2026, 1, 13, 23, 30, tzinfo=UTC)))
    assert "IN ('2026/01/13')" in text
    assert days_of(span(1, datetime(2026, 1, 13, 23, 50, tzinfo=UTC)))[0].day == 14  # delivered late


def test_partitions_finer_than_a_day_are_a_range_wide_enough_for_late_records():
    spec = SPEC.model_copy(update={"partition": "log_time", "partition_format": "%Y/%m/%d/%H/%M"})
    text = blocked_query(spec, span(1))
    assert "\"log_time\" BETWEEN '2026/01/13/23/45' AND '2026/01/14/01/15'" in text


def test_names_and_texts_cannot_leave_their_quotes():
    spec = SPEC.model_copy(update={"athena_table": RawId('logs" WHERE 1=1 --'), "partition_format": "%Y'x"})
    text = blocked_query(spec, span(1), "arn'or")
    assert 'FROM "logs"" WHERE 1=1 --"' in text
    assert "IN ('2026''x'" in text
    assert "AND webaclid = 'arn''or'" in text


@given(st.integers(0, 2 * 366 * 1440), st.floats(min_value=0.02, max_value=24 * 35))
def test_every_request_of_the_window_lies_in_a_named_partition(minutes, hours):
    window = span(hours, UNTIL + timedelta(minutes=minutes))
    days = {f"{day:%Y/%m/%d}" for day in days_of(window)}
    assert {f"{moment:%Y/%m/%d}" for moment in (window.start, window.end)} <= days
    assert len(days) <= hours / 24 + 3
    named = re.findall(r"'(\d{4}/\d\d/\d\d)'", blocked_query(SPEC, window))
    assert named == sorted(days)


def test_rows_are_groups_by_what_they_are_grouped_by_not_by_what_is_null():
    rows = [
        {"grouped": "3", "address": "192.0.2.1", "country": "NL", "blocked": "4"},
        {"grouped": "5", "blocked": "5"},
        {"grouped": "6", "uri": "/a", "blocked": "3"},
        {"grouped": "7", "blocked": "5"},
        {"grouped": "0", "blocked": "5"},
        *({"grouped": "7", "blocked": no_count} for no_count in ("many", "²", "９", "-1", "9" * 5000)),
    ]
    assert [(each.kind, each.name, each.count) for each in groups_of(rows)] == [
        ("rule", "", 5),
        ("all", "", 5),
        ("address", "192.0.2.1", 4),
        ("uri", "/a", 3),
    ]


def request(address, weight, *, blocked=True):
    return SampledRequest(at=UNTIL, address=address, country="NL", uri="/", blocked=blocked, weight=weight)


def test_samples_stand_for_as_many_as_their_weight_says_and_counted_ones_for_none():
    requests = (request("a", 1), request("b", 2), request("a", 1, blocked=False))
    every = [
        Samples(rule="r", population=400, span=span(1), requests=requests),
        Samples(rule="empty", population=0, span=span(1)),
    ]
    counts = {(each.kind, each.name): each.count for each in grouped(every)}
    assert counts["address", "b"] == 200
    assert counts["address", "a"] == 100
    assert counts["rule", "r"] == counts["all", ""] == 300


def address(name, country, count):
    return BlockedGroup(kind="address", name=name, country=country, count=count)


@pytest.mark.parametrize(
    ("total", "most", "enough", "verdict"),
    [
        (900, 500, True, Verdict.ATTENTION),
        (900, 500, False, Verdict.ATTENTION),
        (900, 499, True, Verdict.NORMAL),
        (900, 499, False, Verdict.UNKNOWN),
        (None, 499, False, Verdict.UNKNOWN),
        # Fewer in all than the limit are fewer of any one.
        (499, 3, False, Verdict.NORMAL),
        (0, 0, False, Verdict.NORMAL),
    ],
)
def test_one_address_is_judged_only_by_what_is_known(total, most, enough, verdict):
    who = BlockSources((address("a", "NL", most - 1), address("a", "US", 1)) if most else ())
    measure = FromOne(500, 1, total, who, enough).measure()
    assert measure.verdict is verdict
    assert who.addresses()[:1] == ([("a", "NL US", most)] if most else [])
