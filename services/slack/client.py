"""Slack over slack_sdk: one attempt for each message. Imported when the first note is sent, as the library is large.

Source: docs.slack.dev, chat.postMessage, conversations.history, conversations.replies, conversations.list,
incoming webhooks, rate limits. No error message contains a secret, and the library's own logger is silenced:
it would write a webhook's address.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from services.aws.client.secret import Secret
from services.host import web
from services.i18n import _
from services.slack import refusals
from services.slack.message_format import body, mark
from services.slack.responses import (
    EVENT,
    ID,
    TOO_MANY,
    TS,
    failure,
    is_message,
    matches,
    next_page,
    older,
    rate_limited,
    refused,
    why,
)
from services.slack.sending import CannotTell, Message, Refused, Sender, Sent, SlackError, Unanswered
from services.slack.settings import SlackSettings

MARGIN = timedelta(hours=1)
"""Added to a message's age when it is searched for."""
PAGE, PAGES = 200, 20
_LOGGER = logging.getLogger("toban.slack")
_LOGGER.setLevel(logging.CRITICAL + 1)


def sender(settings: SlackSettings, *, timeout: float = 15.0, connect: float = 8.0) -> Sender:
    """The client for these settings; `timeout` and `connect` are seconds of the machine for one request."""
    limits = aiohttp.ClientTimeout(total=timeout, connect=connect)
    if settings.token is not None:
        return Bot(settings.token, settings.base, limits)
    assert settings.webhook is not None, "asked only where something is configured"
    return Webhook(settings.webhook, limits)


class Bot:
    threads = True

    def __init__(self, token: Secret, base: str, limits: aiohttp.ClientTimeout) -> None:
        self._token = token
        self._base = base
        self._limits = limits

    async def post(self, message: Message) -> Sent:
        """Exactly one attempt. Raises Refused, Unanswered."""
        async with self._client() as client, _sent(self._base):
            try:
                answer = await client.chat_postMessage(
                    channel=message.channel,
                    thread_ts=message.thread_ts or None,
                    metadata={"event_type": EVENT, "event_payload": {"id": message.post}},
                    unfurl_links=False,
                    unfurl_media=False,
                    **body(message),
                )
            except SlackApiError as error:
                raise refused(error, message.channel) from None
        ts, channel = answer.get("ts"), answer.get("channel")
        if answer.get("ok") is not True or not matches(TS, ts):
            raise Unanswered(refusals.unanswered(_("a response without ts")))
        return Sent(ts=str(ts), channel_id=str(channel) if matches(ID, channel) else "")

    async def find(
        self, post: str, *, channel: str, channel_id: str, thread_ts: str, age: timedelta
    ) -> Sent | None:
        """Find a message sent at most `age` ago; None: Slack does not have it. Raises CannotTell."""
        if age < timedelta():
            raise CannotTell(_("This machine's clock was set back since the message was sent."))
        async with self._client() as client, _reading(self._base):
            try:
                id = channel_id or await self._channel_id(client, channel)
                return await self._read_back(client, post, id, thread_ts, age)
            except SlackApiError as error:
                raise failure(error, channel) from None

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[AsyncWebClient]:
        base = f"{self._base}/api/"
        async with web.session(self._limits) as session:
            client = AsyncWebClient(
                token=self._token.reveal(), base_url=base, session=session, logger=_LOGGER, retry_handlers=[]
            )
            client.proxy = web.proxy(base)
            yield client

    async def _channel_id(self, client: AsyncWebClient, channel: str) -> str:
        if ID.fullmatch(channel):
            return channel
        # One type at a time: a bot that may not list private channels is refused a list of both.
        for kind in ("public_channel", "private_channel"):
            if id := await self._listed(client, channel.removeprefix("#"), kind):
                return id
        raise CannotTell(refusals.refusal("channel_not_found", channel=channel))

    async def _listed(self, client: AsyncWebClient, name: str, kind: str) -> str:
        cursor = ""
        for _page in range(PAGES):
            answer = await client.conversations_list(
                types=kind, exclude_archived=True, limit=PAGE, cursor=cursor or None
            )
            channels = answer.get("channels")
            if answer.get("ok") is not True or not isinstance(channels, list):
                raise CannotTell(refusals.unanswered(_("a response without channels")), again=True)
            for item in channels:
                if item["name"] == name and matches(ID, item["id"]):
                    return str(item["id"])
            cursor = next_page(answer)
            if not cursor:
                break
        return ""

    async def _read_back(
        self, client: AsyncWebClient, post: str, channel: str, thread_ts: str, age: timedelta
    ) -> Sent | None:
        """Read back. Ages go by Slack's clock, as this machine's may be wrong by hours."""
        cursor = ""
        for _page in range(PAGES):
            # A channel's newest messages come first, a thread's oldest; a thread is read to its end.
            params: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": PAGE}
            params |= {"cursor": cursor} if cursor else {}
            if thread_ts:
                answer = await client.conversations_replies(ts=thread_ts, **params)
            else:
                answer = await client.conversations_history(**params)
            messages = answer.get("messages")
            if answer.get("ok") is not True or not isinstance(messages, list):
                raise CannotTell(refusals.unanswered(_("a response without messages")), again=True)
            for message in messages:
                if is_message(message, post):
                    # It is there, even where its ts cannot be read.
                    ts = message.get("ts")
                    return Sent(ts=str(ts) if matches(TS, ts) else "", channel_id=channel)
            cursor = next_page(answer)
            if not cursor or (not thread_ts and older(messages, answer.headers, age + MARGIN)):
                return None
        raise CannotTell(_("There are too many messages in {channel} to search.").format(channel=channel))


class Webhook:
    """Posts through an incoming webhook, into its one channel; nothing can be read back."""

    threads = False

    def __init__(self, address: Secret, limits: aiohttp.ClientTimeout) -> None:
        self._address = address
        self._limits = limits

    async def post(self, message: Message) -> Sent:
        """Exactly one attempt. Raises Refused, Unanswered."""
        address = self._address.reveal()
        async with web.session(self._limits) as session, _sent(address):
            client = AsyncWebhookClient(address, session=session, logger=_LOGGER, retry_handlers=[])
            client.proxy = web.proxy(address)
            answer = await client.send(unfurl_links=False, unfurl_media=False, **body(message))
        text = (answer.body or "").strip()
        if answer.status_code == 200 and text == "ok":
            return Sent()
        if answer.status_code == TOO_MANY:
            raise rate_limited(answer.headers)
        if 400 <= answer.status_code < 500 and refusals.is_refusal(text):
            raise Refused(refusals.refusal(text, channel=_("the webhook's channel")), code=text)
        raise Unanswered(refusals.unanswered(f"HTTP {answer.status_code}"))

    async def find(
        self, post: str, *, channel: str, channel_id: str, thread_ts: str, age: timedelta
    ) -> Sent | None:
        """Raises CannotTell, always."""
        raise CannotTell(
            _("A webhook cannot read the channel: check in Slack whether {mark} was posted.").format(
                mark=mark(post)
            )
        )


@asynccontextmanager
async def _sent(address: str) -> AsyncIterator[None]:
    """Turns errors of a post into Refused, if it certainly was not sent, or else into Unanswered."""
    host = urlsplit(address).hostname or ""
    try:
        yield
    except (
        aiohttp.ClientConnectorError,
        aiohttp.ConnectionTimeoutError,
        aiohttp.ClientHttpProxyError,
    ) as error:
        raise Refused(refusals.unreachable(host, why(error)), backoff=True) from None
    except SlackError:
        raise
    except Exception as error:  # noqa: BLE001  the boundary: no such error proves that nothing was posted
        raise Unanswered(refusals.unanswered(why(error))) from None


@asynccontextmanager
async def _reading(address: str) -> AsyncIterator[None]:
    """Turns errors of a read into CannotTell; reading may succeed later."""
    host = urlsplit(address).hostname or ""
    try:
        yield
    except SlackError:
        raise
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise CannotTell(refusals.unreachable(host, why(error)), again=True) from None
    except Exception as error:  # noqa: BLE001  the boundary: an unreadable answer does not prove that the message is not there
        raise CannotTell(refusals.unanswered(why(error)), again=True) from None
