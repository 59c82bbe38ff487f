"""A queue of moto over HTTP: what is sent, what is refused, and how events come to two consoles on one ledger."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from services.aws.client.errors import AwsError, Refused
from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.client.write_grants import AnyTarget, JournalLogStream
from services.aws.sqs import DELETE, RECEIVE, WAIT, EventQueue, Message, SqsQueue
from services.clock import ManualClock, SystemClock
from services.models.problem import ProblemKind
from services.models.seen_events import SeenType
from tests.faults.server import FaultServer
from tests.services.events import bodies
from tests.services.events.bodies import ACCOUNT, REGION
from tests.services.events.consoles import consoles, until
from tests.tools.moto_server import EmulatorServer, moto_server

URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/toban-events"


class Sqs:
    """The queue as AWS's side sees it."""

    def __init__(self, server: EmulatorServer) -> None:
        self.server = server
        session = botocore.session.Session()
        session.set_credentials("AKIATESTTESTTESTTEST", "test")
        self.client: Any = session.create_client("sqs", region_name=REGION, endpoint_url=server.url)
        self.create()

    def create(self) -> None:
        self.client.create_queue(QueueName="toban-events", Attributes={"VisibilityTimeout": "2"})

    def send(self, *texts: str) -> None:
        for text in texts:
            self.client.send_message(QueueUrl=URL, MessageBody=text)

    @property
    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.client.get_queue_attributes(QueueUrl=URL, AttributeNames=names)["Attributes"]
        return sum(map(int, counts.values()))


@pytest.fixture(scope="module")
def moto() -> Iterator[EmulatorServer]:
    with moto_server() as server:
        yield server


@pytest.fixture
def sqs(moto: EmulatorServer) -> Iterator[Sqs]:
    queue = Sqs(moto)
    yield queue
    if any("toban-events" in url for url in queue.client.list_queues().get("QueueUrls", ())):
        queue.client.delete_queue(QueueUrl=URL)


Sessions = Callable[..., AwsSession]


@pytest.fixture
async def session_to(aws_home: Path) -> Any:
    sessions: list[AwsSession] = []

    def make(url: str, queue: str = URL) -> AwsSession:
        clock = SystemClock()
        target = AnyTarget((JournalLogStream("", ""), EventQueue(queue)))
        settings = AwsSettings(region=REGION, endpoint_url=url)
        session = AwsSession(settings, clock=clock, meter=UsageMeter(clock), journal=target)
        sessions.append(session)
        return session

    yield make
    for session in sessions:
        await session.close()


async def test_messages_are_received_and_deleted(sqs: Sqs, session_to: Sessions) -> None:
    session = session_to(sqs.server.url)
    queue = SqsQueue(session, EventQueue(URL), REGION)
    assert await queue.receive(wait=0) == ()
    sqs.send(*(bodies.alarm(f"a-{number}") for number in range(12)))
    received = [message for _turn in range(3) for message in await queue.receive(wait=0)]
    assert {message.body for message in received} == {bodies.alarm(f"a-{number}") for number in range(12)}
    assert await queue.delete(received) == 0
    assert sqs.left == 0
    calls = {row.name: row.calls for row in session._wire._meter.snapshot().rows}
    assert calls == {"sqs.ReceiveMessage": 4, "sqs.DeleteMessageBatch": 2}


async def test_a_queue_that_is_gone(sqs: Sqs, session_to: Sessions) -> None:
    sqs.client.delete_queue(QueueUrl=URL)
    queue = SqsQueue(session_to(sqs.server.url), EventQueue(URL), REGION)
    with pytest.raises(AwsError) as caught:
        await queue.receive(wait=0)
    assert caught.value.problem.kind is ProblemKind.NOT_FOUND


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("ReceiveMessage", {"QueueUrl": URL + "2", "MaxNumberOfMessages": 1, "WaitTimeSeconds": 0}),
        (
            "ReceiveMessage",
            {"QueueUrl": URL, "MaxNumberOfMessages": 1, "WaitTimeSeconds": 0, "VisibilityTimeout": 9},
        ),
        ("DeleteMessageBatch", {"QueueUrl": URL + "2", "Entries": []}),
        ("DeleteMessage", {"QueueUrl": URL, "ReceiptHandle": "x"}),
        ("PurgeQueue", {"QueueUrl": URL}),
        ("DeleteQueue", {"QueueUrl": URL}),
        ("SendMessage", {"QueueUrl": URL, "MessageBody": "x"}),
        ("SetQueueAttributes", {"QueueUrl": URL, "Attributes": {}}),
        ("GetQueueUrl", {"QueueName": "toban-events"}),
    ],
)
async def test_nothing_else_leaves(
    operation: str, params: dict[str, Any], server: FaultServer, session_to: Sessions
) -> None:
    session = session_to(server.url)
    for call in (
        session.read("sqs", operation, timeout=5, **params),
        session.append(params, call=("sqs", operation)),
    ):
        with pytest.raises(Refused):
            await call
    assert server.seen == []


async def test_a_session_without_a_queue_sends_neither(server: FaultServer, session_to: Sessions) -> None:
    queue = SqsQueue(session_to(server.url, queue=""), EventQueue(URL), REGION)
    with pytest.raises(Refused):
        await queue.receive(wait=0)
    with pytest.raises(Refused):
        await queue.delete([Message("m", "h", "")])
    assert server.seen == []
    assert not EventQueue("").accepts(*RECEIVE, {"QueueUrl": ""})
    assert not EventQueue("").accepts(*DELETE, {"QueueUrl": "", "Entries": []})


async def test_the_time_out_is_longer_than_the_wait(server: FaultServer, session_to: Sessions) -> None:
    """Of the connection, too: SQS sends no byte while it waits."""
    session = session_to(server.url)
    login = await session._loaded()
    async with login._used() as clients:
        client = await clients.client("read", "sqs", REGION)
        assert client.meta.config.read_timeout > WAIT


@pytest.mark.slow
async def test_events_come_to_two_consoles(sqs: Sqs, session_to: Sessions, tmp_path: Path) -> None:
    queue, clock = SqsQueue(session_to(sqs.server.url), EventQueue(URL), REGION), SystemClock()
    async with consoles(tmp_path / "journal.db", queue, clock, clock) as (one, other):

        async def is_claimed() -> bool:
            return bool(await one.claims())

        await until(is_claimed)
        sqs.send(bodies.alarm(), bodies.alarm(), bodies.task(), "poison")
        await until(lambda: {SeenType.ALARM, SeenType.TASK} <= one.woken_by & other.woken_by)
        await until(lambda: sqs.left == 0)
        assert len(await one.seen()) == 3
        assert len(await one.claims()) == 1


async def test_a_queue_that_is_deleted_is_told_once(sqs: Sqs, session_to: Sessions, tmp_path: Path) -> None:
    clock = ManualClock(SystemClock().now())
    queue = SqsQueue(session_to(sqs.server.url), EventQueue(URL), REGION)
    async with consoles(tmp_path / "journal.db", queue, clock) as (one,):
        sqs.send(bodies.alarm())

        async def is_seen() -> bool:
            return bool(await one.seen())

        await until(is_seen, clock)
        sqs.client.delete_queue(QueueUrl=URL)
        await until(lambda: one.messages, clock)
        assert one.listener.problem is not None
        sqs.create()
        sqs.send(bodies.task())
        await until(lambda: len(one.messages) == 2, clock, step=10)
        await until(lambda: SeenType.TASK in one.woken_by, clock)
