import asyncio

from services.aws.client import pace
from services.aws.client.pace import RequestPace
from services.aws.cloudwatch.alarms import requests
from services.aws.cloudwatch.alarms.requests import AlarmRequests
from services.aws.cloudwatch.alarms.watch import PART, prefixes
from services.clock import ManualClock
from tests.services.aws.canned import Canned
from tests.services.aws.cloudwatch.many_alarms import names
from tests.services.aws.cloudwatch.test_alarms import NOW, metric


async def test_a_page_is_parsed_in_slices(monkeypatch):
    parsed = [0]

    def parse(row):
        parsed[-1] += 1
        return metric_alarm(row)

    async def turn():
        parsed.append(0)

    metric_alarm = requests.metric_alarm
    monkeypatch.setattr(requests, "KINDS", (("MetricAlarms", parse),))
    monkeypatch.setattr(requests, "next_turn", turn)
    page = {"MetricAlarms": [metric(name) for name in names(100)]}
    listed = await AlarmRequests(Canned(DescribeAlarms=page), ManualClock(NOW)).read()
    assert len(listed.alarms) == 100
    assert parsed == [requests.SLICE] * 4


async def test_no_more_requests_than_allowed_are_sent_in_a_second(monkeypatch):
    monkeypatch.setattr(pace, "WINDOW", 1.0)
    clock, sent = ManualClock(NOW), list[float]()
    limit = RequestPace(clock, 5)

    async def send():
        for _request in range(7):
            await limit.turn()
            sent.append(clock.elapsed())

    lanes = [asyncio.create_task(send()) for _lane in range(3)]
    while not all(lane.done() for lane in lanes):
        await asyncio.sleep(0)
        clock.advance(0.125)
    assert len(sent) == 21
    assert all(later - earlier >= 1.0 for earlier, later in zip(sent, sent[5:], strict=False))


def test_prefixes_begin_every_name_once_and_are_as_few_as_they_may():
    for count in (0, 1, 1_000, 5_000, 50_000):
        every = [*names(count), "x", "xy", "日本語"]
        chosen = prefixes(every)
        assert [sum(name.startswith(prefix) for prefix in chosen) for name in every] == [1] * len(every)
        for prefix in chosen:
            assert sum(name.startswith(prefix) for name in every) < PART
        assert len(chosen) <= 10 + 12 * count // PART
