import pytest

from services.aws.logs import insights
from services.inspections.custom.log_query import by_hour
from services.models.runbook_inspections import CustomInspection
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.inspections.insights_world import GROUP, again, cells, ends, evidence, fill, measure
from tests.services.inspections.running_world import context

QUERY = """
# 返却の遅れ
fields @timestamp, message
| filter message like "late | #"  # 行末の注釈
| sort @timestamp desc
| limit 20"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(insights, "PAUSES", (0.01,))


def book(**keys):
    late = {"id": "late", "title": "返却の遅れ", "kind": "insights", "log_group": GROUP, "query": QUERY}
    inspection = CustomInspection.model_validate(late | keys)
    return load_builtin("facility-prod").model_copy(update={"inspections": (inspection,)})


async def seen(inspection_context, hours=4, **keys):
    return await again(inspection_context, "late", hours=hours, book=book(**keys))


async def test_hours_that_the_log_no_longer_keeps_are_none_without_matches(empty_aws):
    fill(empty_aws, [(60.0 * hour + 30, {"message": "late | #"}) for hour in range(24)], days=1)
    async with context(empty_aws) as inspection_context:
        finding = await seen(inspection_context, hours=72, above=0.5)
    assert measure(finding, "Matches in the worst hour").verdict is Verdict.NORMAL
    assert measure(finding, "Retained log events").verdict is Verdict.UNKNOWN
    assert finding.verdict is Verdict.UNKNOWN


async def test_what_it_counts(empty_aws):
    async with context(empty_aws) as inspection_context:
        await _what_it_counts(empty_aws, inspection_context)


async def _what_it_counts(empty_aws, inspection_context):
    late = [(ago, {"message": f"late | # {ago} password=hunter2"}) for ago in (10, 70, 130, 131, 190)]
    fill(empty_aws, [*late, (5, {"message": "in time"})])
    finding = await seen(inspection_context, below=3, source="独自 1", advice=["係に連絡"])
    assert (finding.title, finding.verdict) == ("返却の遅れ", Verdict.NORMAL)
    assert finding.summary == "5 matches in 4 h, at most 2 in an hour."
    assert measure(finding, "Matches per hour").shown == "1.2"
    assert measure(finding, "Matches in the worst hour").allowed == "< 3"
    assert not finding.advice
    assert "Runbook: 独自 1" in finding.remarks
    # One query while it is normal, and the comment behind the command is not sent.
    assert empty_aws.counts()["logs.StartQuery"] == 1
    assert ('filter message like "late | #"',) in cells(finding, "The query")

    finding = await seen(inspection_context, below=2, advice=["係に連絡"])
    assert finding.verdict is Verdict.ABNORMAL
    assert finding.advice == ("係に連絡",)
    rows = evidence(finding, "Query results")
    assert rows.private
    assert rows.columns == ("Time (JST)", "message")
    assert rows.rows[0].cells == ("01-14(Wed) 09:50:00", "late | # 10 password=***")

    # Normal above: an hour without any is the worst.
    assert (await seen(inspection_context, above=0.5)).verdict is Verdict.NORMAL
    finding = await seen(inspection_context, hours=6, above=0.5)
    assert measure(finding, "Matches in the worst hour").shown == "0"
    assert finding.verdict is Verdict.ABNORMAL
    assert (await seen(inspection_context, hours=0.25, above=3)).verdict is Verdict.NORMAL
    assert (await seen(inspection_context, hours=0.25, below=3)).verdict is Verdict.NORMAL
    finding = await seen(inspection_context, scale=10, unit="冊", below=30)
    assert measure(finding, "Matches per hour").shown == "12.5 冊"

    # Without a limit nothing is judged.
    finding = await seen(inspection_context)
    assert finding.verdict is Verdict.UNKNOWN

    # A query that counts by itself is counted as a whole.
    finding = await seen(inspection_context, query=QUERY + "\n| stats count(*) as n by message", below=3)
    assert finding.verdict is Verdict.NORMAL
    assert [each.title for each in finding.measures] == ["Matches per hour"]
    assert any("Only the mean is judged" in text for text in finding.remarks)

    # The field it needs.
    assert (await seen(inspection_context, below=3, field="message")).verdict is Verdict.NORMAL
    finding = await seen(inspection_context, below=3, field="title")
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.summary.startswith("No such field: the events have no title. 5 matches")
    assert Verdict.NORMAL not in {each.verdict for each in finding.measures}
    assert (await seen(inspection_context, below=2, field="title")).verdict is Verdict.ABNORMAL
    before = [(50 + 1440 * day, {"message": "in time"}) for day in range(1, 16)]
    fill(empty_aws, [(100, {"message": "late | #"}), (50, {"message": "in time"}), *before])
    assert (await seen(inspection_context, below=3, field="message")).verdict is Verdict.NORMAL
    assert (await seen(inspection_context, below=3, field="title")).verdict is Verdict.UNKNOWN

    # Nothing read, or not all of it.
    fill(empty_aws, [])
    finding = await seen(inspection_context, below=3)
    assert (finding.verdict, finding.summary[:16]) == (Verdict.UNKNOWN, "Cannot be judged")
    fill(empty_aws, [*late])
    ends(empty_aws, "Failed")
    finding = await seen(inspection_context, below=3)
    assert finding.verdict is Verdict.UNKNOWN
    assert "The Logs Insights query failed." in finding.summary


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fields a | filter a = 1 | sort a | limit 5", "filter a = 1"),
        ("filter a like /x|y/ # z", "filter a like /x|y/"),
        ("parse m 'a=*' as a | filter a > 5", "parse m 'a=*' as a\n| filter a > 5"),
        ("fields strlen(m) as n | filter n > 5", "fields strlen(m) as n\n| filter n > 5"),
        ("fields a / b as share | filter share > 5", "fields a / b as share\n| filter share > 5"),
        ("stats count(*) by a", ""),
        ("filter a = 1 | dedup b", ""),
    ],
)
def test_the_query_that_counts_by_the_hour(query, expected):
    counted = by_hour(query)
    assert counted == (f"{expected}\n| stats count(*) as n by bin(1h)" if expected else "")
