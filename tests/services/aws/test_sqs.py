from typing import Any

import pytest

from services.aws.client.errors import Incomplete
from services.aws.sqs import DELETE, RECEIVE, EventQueue, Message, SqsQueue

URL = "https://sqs.ap-northeast-1.amazonaws.com/123456789012/toban-events"


class Session:
    def __init__(self, **answer: Any) -> None:
        self.answer = answer
        self.requests: list[dict[str, Any]] = []

    async def read(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        self.requests.append({"call": (service, operation), **params})
        return self.answer

    async def append(self, params: dict[str, Any], /, **options: Any) -> dict[str, Any]:
        self.requests.append({**params, **options})
        return self.answer


def queue(session: Session) -> SqsQueue:
    return SqsQueue(session, EventQueue(URL), "ap-northeast-1")


@pytest.mark.parametrize("answer", [{}, {"Messages": None}, {"Messages": []}])
async def test_no_message(answer):
    assert await queue(Session(**answer)).receive() == ()


async def test_the_request_waits_and_its_time_out_is_longer():
    session = Session()
    await queue(session).receive()
    (request,) = session.requests
    assert request["call"] == RECEIVE
    assert request["timeout"] > request["WaitTimeSeconds"] == 20
    assert (request["region"], request["MaxNumberOfMessages"]) == ("ap-northeast-1", 10)


@pytest.mark.parametrize(
    "row",
    [{}, {"MessageId": "m"}, {"MessageId": "m", "ReceiptHandle": ""}, {"ReceiptHandle": "h"}, "m", None],
)
async def test_a_message_that_could_not_be_deleted_is_no_message(row):
    with pytest.raises(Incomplete):
        await queue(Session(Messages=[row])).receive()


async def test_a_message_without_a_text_is_an_empty_one():
    (message,) = await queue(
        Session(Messages=[{"MessageId": "m", "ReceiptHandle": "h", "Body": 7}])
    ).receive()
    assert message == Message("m", "h", "")


async def test_deleting_goes_in_batches_and_tells_what_is_left():
    session = Session(Failed=[{"Id": "0", "SenderFault": True, "Code": "ReceiptHandleIsInvalid"}])
    assert await queue(session).delete([Message(str(n), f"h{n}", "") for n in range(25)]) == 3
    assert [len(request["Entries"]) for request in session.requests] == [10, 10, 5]
    assert {request["call"] for request in session.requests} == {DELETE}
    assert session.requests[2]["Entries"][0] == {"Id": "0", "ReceiptHandle": "h20"}
    assert await queue(Session()).delete([]) == 0
