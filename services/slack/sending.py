"""The interface to Slack that the outbox uses, and its errors. The library is loaded only when it is needed."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Protocol

from services.slack.settings import SlackSettings


@dataclass(frozen=True, slots=True)
class Message:
    post: str  # The post's id, sent with the message so that the message can be found again
    channel: str  # Channel name with `#`, or Slack's channel id
    text: str  # The text as released, not escaped yet
    footer: str  # The line below the text: system, person, post id
    thread_ts: str = ""  # Timestamp of the message it replies to; "" for none


@dataclass(frozen=True, slots=True)
class SlackSent:
    ts: str = ""
    channel_id: str = ""


class SlackError(Exception):
    def __init__(self, explanation: str, *, code: str = "") -> None:
        super().__init__(explanation)
        self.explanation = explanation
        self.code = code  # Slack's error code; "" where there is none


class SlackRefused(SlackError):
    """The message certainly is not in Slack."""

    def __init__(
        self, explanation: str, *, code: str = "", retry_after: float | None = None, backoff: bool = False
    ) -> None:
        super().__init__(explanation, code=code)
        self.retry_after = retry_after
        """Seconds after which another attempt may succeed; None: a person has to act."""
        self.backoff = backoff  # Another attempt may succeed at some time


class SlackUnanswered(SlackError):
    """No clear answer: the message may be in Slack or not."""


class CannotTell(SlackError):
    """Slack cannot be read to find a message; a person has to check. `again`: a later read may succeed."""

    def __init__(self, explanation: str, *, code: str = "", again: bool = False) -> None:
        super().__init__(explanation, code=code)
        self.again = again


class SlackSender(Protocol):
    @property
    def threads(self) -> bool: ...

    async def post(self, message: Message) -> SlackSent:
        """Exactly one attempt. Raises Refused, Unanswered."""
        ...

    async def find(
        self, post: str, *, channel: str, channel_id: str, thread_ts: str, age: timedelta
    ) -> SlackSent | None:
        """Find a message sent at most `age` ago; None: Slack does not have it. Raises CannotTell."""
        ...


async def connect(settings: SlackSettings) -> SlackSender:
    """The client for these settings; its library is loaded in a thread, as it is large."""
    module = await asyncio.to_thread(import_module, "services.slack.client")
    sender: SlackSender = module.sender(settings)
    return sender
