import stat
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import AccessDenied
from services.clock import ManualClock
from services.logs.insights.history import OwnQuery, QueryHistory
from services.logs.insights.price import PriceEstimator
from services.models.metrics import TimeSpan
from services.models.problem import ProblemKind
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned, failure

NOW = datetime(2026, 1, 31, tzinfo=UTC)
DAY = TimeSpan(start=NOW - timedelta(days=1), end=NOW)
CREATED = int((NOW - timedelta(days=300)).timestamp() * 1000)
GB = 10**9


def group(name, stored=30 * GB, days=30):
    retention = {} if days is None else {"retentionInDays": days}
    return {"logGroupName": name, "storedBytes": stored, "creationTime": CREATED} | retention


def estimator(factor=None, **answers):
    canned = Canned(**answers)

    def correction(_groups):
        return factor

    return PriceEstimator(canned, load_builtin("facility-prod"), ManualClock(NOW), correction), canned


def listed(*rows):
    return lambda params: {
        "logGroups": [row for row in rows if row["logGroupName"].startswith(params["logGroupNamePrefix"])]
    }


async def test_the_share_of_the_stored_time_is_charged():
    prices, canned = estimator(
        DescribeLogGroups=listed(group("/a"), group("/a/b", GB), group("/c", 2 * GB, 2))
    )
    estimate = await prices.estimate(["/a", "/c"], DAY)
    assert estimate.bytes == 2 * GB
    assert estimate.yen == pytest.approx(2 * 0.0076 * 150)
    assert estimate.least_yen == estimate.yen
    assert "32.0 GB stored in 2 log groups" in estimate.basis
    assert "compressed" in estimate.basis
    await prices.estimate(["/a", "/c"], DAY)
    assert len(canned.asked("DescribeLogGroups")) == 2, "read once"


async def test_an_index_may_save_what_it_covers():
    since = int((NOW - timedelta(hours=6)).timestamp() * 1000)
    prices, canned = estimator(
        DescribeLogGroups=listed(group("/a")),
        DescribeFieldIndexes={
            "fieldIndexes": [
                {"logGroupIdentifier": "arn:aws:logs:r:1:log-group:/a", "fieldIndexName": "requestId", "firstEventTime": since},
                {"logGroupIdentifier": "arn:aws:logs:r:1:log-group:/a", "fieldIndexName": "level"},
            ]
        },
    )  # fmt: skip
    estimate = await prices.estimate(["/a"], DAY, 'filter requestId = "x" and level = "E"')
    assert (estimate.bytes, estimate.skippable) == (GB, GB // 4)
    assert estimate.indexed == ("requestId",)
    assert estimate.least_yen == pytest.approx(estimate.yen * 0.75)
    plain = await prices.estimate(["/a"], DAY, "filter @message like /x/")
    assert plain.skippable == 0
    assert len(canned.asked("DescribeFieldIndexes")) == 1


async def test_indexes_that_cannot_be_read_only_make_the_estimate_higher():
    prices, _canned = estimator(
        DescribeLogGroups=listed(group("/a")), DescribeFieldIndexes=failure(ProblemKind.ACCESS_DENIED)
    )
    estimate = await prices.estimate(["/a"], DAY, 'filter requestId = "x"')
    assert (estimate.bytes, estimate.skippable) == (GB, 0)


async def test_earlier_queries_correct_the_compressed_size():
    prices, _canned = estimator(6.5, DescribeLogGroups=listed(group("/a")))
    estimate = await prices.estimate(["/a"], DAY)
    assert (estimate.bytes, estimate.measured) == (int(6.5 * GB), 6.5)
    assert "Times 6.5" in estimate.basis


async def test_a_group_of_unknown_size_is_named_and_not_free():
    prices, _canned = estimator(DescribeLogGroups=listed(group("/a")))
    assert (await prices.estimate(["/a", "/none"], DAY)).unknown == ("/none",)
    denied, _canned = estimator(DescribeLogGroups=failure(ProblemKind.ACCESS_DENIED))
    with pytest.raises(AccessDenied):
        await denied.estimate(["/a"], DAY)


def own(**fields):
    return OwnQuery(**({"at": NOW, "text": "limit 1", "groups": ("/a",), "span": DAY, "bytes": 6 * GB, "estimated": GB} | fields))  # fmt: skip


async def test_the_history_is_remembered_and_read_again(tmp_path):
    path = tmp_path / "folder" / "h.json"
    history = QueryHistory(path)
    history.add(own(text="first"))
    await history.written()
    other = QueryHistory(path)
    other.add(own(text="of another console"))
    await other.written()
    second = QueryHistory(path)
    await second.load()
    history.add(own(text="last"))
    await history.written()
    again = QueryHistory(path)
    await again.load()
    assert [query.text for query in again.queries] == ["last", "of another console", "first"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert history.problem == ""


async def test_an_unreadable_history_starts_anew(tmp_path):
    path = tmp_path / "h.json"
    path.write_text("{", "utf-8")
    history = QueryHistory(path)
    await history.load()
    assert history.queries == ()
    assert history.problem
    history.add(own())
    await history.written()
    again = QueryHistory(path)
    await again.load()
    assert len(again.queries) == 1


def test_the_newest_complete_query_of_the_same_groups_is_the_measure(tmp_path):
    history = QueryHistory(tmp_path / "h.json")
    assert history.correction(["/a"]) is None
    history._queries = (
        own(),
        own(bytes=5 * GB, skipped=GB // 2),
        own(complete=False, bytes=1),
        own(groups=("/b",)),
    )
    assert history.correction(["arn:aws:logs:r:1:log-group:/a:*"]) == pytest.approx(5.5)
