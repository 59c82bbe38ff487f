"""What the checks say of `[events]`."""

import pytest

from services.models.runbook_events import queue_place
from tests.services.runbook import small

URL = "https://sqs.ap-northeast-1.amazonaws.com/210987654321/toban-events"


def table(url: str) -> str:
    return f'[events]\nqueue_url = "{url}"\n'


def test_a_queue_of_the_system():
    assert small.mistakes(table(URL)) == {}
    place = queue_place(URL)
    assert (place.region, place.account, place.name) == ("ap-northeast-1", "210987654321", "toban-events")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (URL.replace("https", "http"), URL),
        (URL + ".fifo", "standard SQS queue"),
        (URL + "/", "standard SQS queue"),
        (URL + "?Action=PurgeQueue", "standard SQS queue"),
        (URL.replace("amazonaws.com", "amazonaws.com.example.org"), "standard SQS queue"),
        (URL.replace("toban-events", ""), "standard SQS queue"),
        ("arn:aws:sqs:ap-northeast-1:210987654321:toban-events", "https://sqs."),
        ("", "https://sqs."),
        (URL.replace("210987654321", "123456789012"), "account 123456789012; the system is in 210987654321"),
        (URL.replace("ap-northeast-1", "us-east-1"), "region us-east-1; the system is in ap-northeast-1"),
    ],
)
def test_what_is_refused(url, words):
    messages = small.mistakes(table(url))
    assert list(messages) == ["events.queue_url"]
    assert words in messages["events.queue_url"]


def test_a_mistake_names_its_line():
    from services.runbook.loader import RunbookError, loads

    with pytest.raises(RunbookError) as caught:
        loads(small.SYSTEM + table("x"), "city.toml")
    (mistake,) = caught.value.mistakes
    assert (mistake.file, mistake.line, mistake.key) == ("city.toml", 9, "events.queue_url")
