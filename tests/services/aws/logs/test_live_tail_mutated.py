"""Live Tail's updates with every key missing, null, of another type or hostile: lines, or one of our errors."""

import asyncio
from contextlib import aclosing

import pytest
from moto.core.eventstream import EventStreamEncoder

from services.aws.client.errors import AwsError
from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.logs.live_tail import LiveTail
from services.demo.logs import handlers as live
from tests.services.demo.client import ask
from tests.tools.mutations import Mutation, mutations

GROUP = "/app/a"
ARN = f"arn:aws:logs:ap-northeast-1:123456789012:log-group:{GROUP}"
ROWS = [
    {
        "logStreamName": "s",
        "logGroupIdentifier": ARN,
        "message": f"message {number}",
        "timestamp": 1_764_028_800_000 + number,
        "ingestionTime": 1_764_028_800_500,
    }
    for number in range(2)
]


def session_of_two_updates(*start):
    yield {"sessionStart": start[-1]}
    for _second in range(2):
        yield {"sessionUpdate": {"sessionMetadata": {"sampled": True}, "sessionResults": ROWS}}


async def read(session):
    async with asyncio.timeout(60), aclosing(LiveTail(session).updates(ARN)) as updates:
        return [update async for update in updates]


@pytest.mark.slow
async def test_mutated_updates_of_a_live_tail_raise_nothing_but_our_errors(empty_aws, monkeypatch):
    await ask(empty_aws.url, "logs", "CreateLogGroup", logGroupName=GROUP)
    monkeypatch.setattr(live, "_updates", session_of_two_updates)
    bodies: list[bytes] = []
    damage: list[Mutation] = []
    encode = EventStreamEncoder.encode_message

    def damaged(self, headers, payload):
        bodies.append(payload)
        for mutation in damage:
            payload = mutation.apply(payload)
        return encode(self, headers, payload)

    monkeypatch.setattr(EventStreamEncoder, "encode_message", damaged)
    session = AwsSession(
        AwsSettings(**empty_aws.settings()), clock=empty_aws.clock, meter=UsageMeter(empty_aws.clock)
    )
    whole = await read(session)
    assert [len(update.lines) for update in whole] == [0, 2, 2]
    faults: list[str] = []
    every = mutations("logs", "StartLiveTail", list(bodies))
    assert len(every) > 50
    for mutation in every:
        damage[:] = [mutation]
        try:
            updates = await read(session)
        except AwsError:
            continue
        except Exception as error:  # noqa: BLE001  # any other exception is what the test searches for
            faults.append(f"{mutation}: {error!r:.300}")
            continue
        for update in updates:
            for line in update.lines:
                if (type(line.text), type(line.at), type(line.ingested_at)) != (str, int, int):
                    faults.append(f"{mutation}: {line!r:.300}")
    await session.close()
    assert not faults, "\n".join(faults[:20])
