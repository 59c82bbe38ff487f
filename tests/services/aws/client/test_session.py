import asyncio
import contextlib
import pickle
import subprocess
import sys
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest

from services.aws.client.errors import AwsError, Throttled
from services.aws.client.meter import UsageMeter
from services.aws.client.secret import Secret
from services.clock import SystemClock
from tests.faults.server import FAULTS, Reply, answer, failure


@pytest.mark.parametrize(
    "module",
    [
        "services.aws.client.session",
        "services.feed",
        "services.aws.client.meter",
        "services.aws.client.allowed_operations",
    ],
)
def test_importing_loads_no_sdk(module):
    code = f"import sys, {module}; print([m for m in sys.modules if m.split('.')[0] in {{'botocore','aiobotocore','aiohttp'}}])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


async def test_warming_asks_nothing_and_leaves_the_loop_free(session, server, monkeypatch):
    turns, turns_while_loading = 0, list[int]()
    done = asyncio.Event()

    async def heart():
        nonlocal turns
        while not done.is_set():
            await asyncio.sleep(0)
            turns += 1

    login = await session._loaded()
    warm = login.warm

    def counted(services):
        before, deadline = turns, time.monotonic() + 30
        warm(services)
        # However quickly the models load, the loop turns beside it; in the loop itself this would wait in vain.
        while turns <= before + 1 and time.monotonic() < deadline:
            time.sleep(0.001)
        turns_while_loading.append(turns - before)

    monkeypatch.setattr(login, "warm", counted)
    beating = asyncio.create_task(heart())
    await session.warm(("sts", "cloudwatch", "logs", "ecs", "rds", "elbv2"))
    done.set()
    await beating
    assert server.seen == []
    # The loop turns while the models are loaded; it would not turn once if it loaded them itself.
    assert turns_while_loading[0] > 1


async def test_one_client_serves_all_reads_at_once(session, server):
    server.always(answer({"MetricAlarms": []}))
    await asyncio.gather(*(session.read("cloudwatch", "DescribeAlarms") for _ in range(20)))
    login = await session._loaded()
    assert list(login._clients._open) == [("read", "cloudwatch", "ap-northeast-1")]


async def test_a_write_client_tries_once_and_shares_nothing(session, server):
    server.always(FAULTS["reset"])
    login = await session._loaded()
    async with login._used() as clients:
        reader = await clients.client("read", "cloudwatch")
        writer = await clients.client("write", "cloudwatch")
        assert reader._endpoint.http_session is not writer._endpoint.http_session
        from botocore.exceptions import BotoCoreError

        with pytest.raises(BotoCoreError):
            await clients.call("write", "cloudwatch", "DescribeAlarms", {})
    assert server.counts["DescribeAlarms"] == 1


async def test_only_another_endpoint_gets_no_host_prefix(open_session, server):
    for endpoint, expected in ((server.url, False), ("", True)):
        login = await open_session(endpoint_url=endpoint)._loaded()
        async with login._used() as clients:
            client = await clients.client("read", "logs")
            assert client.meta.config.inject_host_prefix is expected
            assert (client.meta.config.connect_timeout, client.meta.config.read_timeout) == (5, 15)


async def test_a_proxy_is_not_asked_for_this_machine(open_session, server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.always(answer({"MetricAlarms": []}))
    assert await open_session().read("cloudwatch", "DescribeAlarms")


async def test_every_attempt_and_every_metric_is_metered(open_session, server, clock):
    meter = UsageMeter(clock, usd_jpy=150)
    session = open_session(meter=meter)
    server.always(FAULTS["throttled"])
    with pytest.raises(Throttled):
        await session.read("cloudwatch", "DescribeAlarms")
    assert meter.calls_today == 3
    server.always(answer({"MetricDataResults": []}))
    stat = {"Metric": {"Namespace": "n", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}
    queries = [{"Id": f"m{n}", "MetricStat": stat} for n in range(14)] + [{"Id": "e", "Expression": "m0*2"}]
    await session.read(
        "cloudwatch", "GetMetricData", MetricDataQueries=queries, StartTime=clock.now(), EndTime=clock.now()
    )
    assert meter.yen_today == pytest.approx(14 * 0.01 / 1000 * 150)
    assert [(row.name, row.calls) for row in meter.snapshot().rows] == [
        ("cloudwatch.DescribeAlarms", 3),
        ("cloudwatch.GetMetricData", 1),
    ]


async def test_what_never_left_is_not_metered(open_session, clock):
    meter = UsageMeter(clock)
    with pytest.raises(AwsError):
        await open_session(meter=meter).read("ecs", "UpdateService", service="s")
    with pytest.raises(AwsError):
        await open_session(meter=meter).read("ecs", "DescribeServices", NoSuchParameter=1)
    assert meter.calls_today == 0


@pytest.mark.parametrize(
    "reply", [answer({"MetricAlarms": []}), failure("RequestTimeTooSkewed")], ids=["good", "refused"]
)
async def test_a_wrong_clock_is_noticed(reply, session, server):
    there = SystemClock().now() + timedelta(minutes=7)
    headers = {"Date": format_datetime(there, usegmt=True)}
    server.always(Reply(reply.body, reply.status, headers=headers))
    assert session.skew_seconds is None
    with contextlib.suppress(AwsError):
        await session.read("cloudwatch", "DescribeAlarms")
    assert session.skew_seconds == pytest.approx(420, abs=10)


async def test_a_senseless_date_is_no_skew(session, server):
    server.always(Reply(b'{"MetricAlarms": []}', headers={"Date": "yesterday"}))
    await session.read("cloudwatch", "DescribeAlarms")
    assert session.skew_seconds is None


def test_a_secret_shows_nowhere():
    secret = Secret("canary")
    assert f"{secret} {secret!r} {secret!s} {secret:>9} {[secret]}".count("canary") == 0
    assert secret.reveal() == "canary"
    assert bool(secret)
    assert not bool(Secret(""))
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert not hasattr(secret, "__dict__")


async def test_replaced_clients_serve_the_call_under_way_and_close_after_it(session, server):
    server.always(answer({"MetricAlarms": []}))
    login = await session._loaded()
    async with login._used() as old:
        await old.client("read", "cloudwatch")
        await login._replace(await login._build())
        assert await old.call("read", "cloudwatch", "DescribeAlarms", {})
        assert login._clients is not old
    assert old._open == {}
    assert await session.read("cloudwatch", "DescribeAlarms")


async def test_the_secrets_of_the_keys_in_use_are_known(session, server):
    server.always(answer({"MetricAlarms": []}))
    assert session.secrets() == ()
    await session.read("cloudwatch", "DescribeAlarms")
    assert "canary-of-the-tests" in session.secrets()
