"""Slack over slack_sdk: one attempt for each message. Imported when the first note is sent, as the library is
large. Source: docs.slack.dev, chat.postMessage, conversations.history, conversations.replies,
conversations.list, incoming webhooks, rate limits. No error message contains a secret, and the library's own
logger is silenced: it would write a webhook's address."""

import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from services.aws.client.secret import Secret
from services.background.boundaries import RaisedAs
from services.host import web
from services.i18n import _
from services.slack import refusals
from services.slack.message_format import body, mark
from services.slack.sending import (
    CannotTell,
    Message,
    SlackError,
    SlackRefused,
    SlackSender,
    SlackSent,
    SlackUnanswered,
)
from services.slack.settings import SlackSettings

# Interprets Slack's responses: refusals, pages, messages. Pure.
#
# Source: docs.slack.dev, chat.postMessage, conversations.history, rate limits. Nothing here quotes a response, except
# for Slack's error codes: it may contain a secret.


EVENT = "toban_post"  # The event type in a message's metadata, by which it is found again
ID = re.compile(r"[CGD][A-Z0-9]{6,}")
TS = re.compile(r"\d{1,16}\.\d{1,16}", re.ASCII)
_WORD = re.compile(r"[a-z0-9_]{1,60}")  # Form of Slack's error codes; any other text may contain a secret
_SCOPES = re.compile(r"[a-z0-9:._, ]{1,100}")
TOO_MANY = 429
_SHORTEST_WAIT, _USUAL_WAIT, _LONGEST_WAIT = 1.0, 30.0, 3600.0
"""Bounds, in seconds, for the wait that Slack asks for, and the wait where it names none."""


def why(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, TimeoutError):
        return _("no response in time")
    return type(error).__name__


def refused(error: SlackApiError, channel: str) -> SlackRefused | SlackUnanswered:
    """What an error answer to a post means: nothing was posted, or the outcome is unknown."""
    code, answer = code_of(error)
    status = answer.status_code if answer is not None else 0
    if answer is not None and status == TOO_MANY:
        return rate_limited(answer.headers)
    if not code or code in refusals.UNCLEAR or status >= 500:
        return SlackUnanswered(refusals.unanswered(code or f"HTTP {status}"))
    needed = needed_scope(answer)
    return SlackRefused(refusals.refusal(code, channel=channel, needed=needed), code=code)


def failure(error: SlackApiError, channel: str) -> CannotTell:
    code, answer = code_of(error)
    if answer is None or not code or code in refusals.UNCLEAR or answer.status_code >= TOO_MANY:
        return CannotTell(refusals.unanswered(code or "HTTP"), code=code, again=True)
    needed = needed_scope(answer) or "channels:history"
    return CannotTell(refusals.refusal(code, channel=channel, needed=needed), code=code)


def rate_limited(headers: Mapping[str, str]) -> SlackRefused:
    """Slack requests a wait, which is limited to between a second and an hour."""
    header = str(headers.get("Retry-After") or "")
    requested = float(header) if header.isascii() and header.isdigit() else _USUAL_WAIT
    seconds = min(_LONGEST_WAIT, max(_SHORTEST_WAIT, requested))
    return SlackRefused(
        refusals.refusal("ratelimited", seconds=seconds), code="ratelimited", retry_after=seconds
    )


def code_of(error: SlackApiError) -> tuple[str, AsyncSlackResponse | None]:
    """The error code and the response; "" and None if the response is not from Slack, e.g. a proxy's page."""
    answer = error.response
    if not isinstance(answer, AsyncSlackResponse) or not isinstance(answer.data, dict):
        return "", answer if isinstance(answer, AsyncSlackResponse) else None
    code = answer.data.get("error")
    return str(code) if answer.data.get("ok") is False and matches(_WORD, code) else "", answer


def needed_scope(answer: AsyncSlackResponse | None) -> str:
    """The scopes that Slack reports as missing; "" if it reports none."""
    needed = answer.get("needed") if answer is not None else None
    return str(needed) if matches(_SCOPES, needed) else ""


def matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def next_page(answer: AsyncSlackResponse) -> str:
    """Cursor of the next page; "" at the end. Raises CannotTell if there is more, but no cursor."""
    cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
    if not isinstance(cursor, str) or (not cursor and answer.get("has_more")):
        raise CannotTell(refusals.unanswered(_("a response without its next page")), again=True)
    return cursor


def is_message(message: Mapping[str, Any], post: str) -> bool:
    metadata = message.get("metadata") or {}
    id = (metadata.get("event_payload") or {}).get("id") if metadata.get("event_type") == EVENT else None
    if isinstance(id, str):
        return id == post
    # A person may quote the mark; only a bot's message counts.
    return bool(message.get("bot_id")) and mark(post) in str(message.get("text") or "")


def older(messages: list[Mapping[str, Any]], headers: Mapping[str, str], age: timedelta) -> bool:
    """Whether the last message of a page is older than `age` by Slack's clock; False if that is not known."""
    try:
        now = parsedate_to_datetime(headers["Date"])
        last = datetime.fromtimestamp(float(messages[-1]["ts"]), UTC)
        return last < now.astimezone(UTC) - age
    except (LookupError, TypeError, ValueError, OverflowError, OSError):
        return False


MARGIN = timedelta(hours=1)  # Added to a message's age when it is searched for
PAGE, PAGES = 200, 20
_LOGGER = logging.getLogger("toban.slack")
_LOGGER.setLevel(logging.CRITICAL + 1)


def sender(settings: SlackSettings, *, timeout: float = 15.0, connect: float = 8.0) -> SlackSender:
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

    async def post(self, message: Message) -> SlackSent:
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
            raise SlackUnanswered(refusals.unanswered(_("a response without ts")))
        return SlackSent(ts=str(ts), channel_id=str(channel) if matches(ID, channel) else "")

    async def find(
        self, post: str, *, channel: str, channel_id: str, thread_ts: str, age: timedelta
    ) -> SlackSent | None:
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
    ) -> SlackSent | None:
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
                    return SlackSent(ts=str(ts) if matches(TS, ts) else "", channel_id=channel)
            cursor = next_page(answer)
            if not cursor or (not thread_ts and older(messages, answer.headers, age + MARGIN)):
                return None
        raise CannotTell(_("There are too many messages in {channel} to search.", channel=channel))


class Webhook:
    """Posts through an incoming webhook, into its one channel; nothing can be read back."""

    threads = False

    def __init__(self, address: Secret, limits: aiohttp.ClientTimeout) -> None:
        self._address = address
        self._limits = limits

    async def post(self, message: Message) -> SlackSent:
        """Exactly one attempt. Raises Refused, Unanswered."""
        address = self._address.reveal()
        async with web.session(self._limits) as session, _sent(address):
            client = AsyncWebhookClient(address, session=session, logger=_LOGGER, retry_handlers=[])
            client.proxy = web.proxy(address)
            answer = await client.send(unfurl_links=False, unfurl_media=False, **body(message))
        text = (answer.body or "").strip()
        if answer.status_code == 200 and text == "ok":
            return SlackSent()
        if answer.status_code == TOO_MANY:
            raise rate_limited(answer.headers)
        if 400 <= answer.status_code < 500 and refusals.is_refusal(text):
            raise SlackRefused(refusals.refusal(text, channel=_("the webhook's channel")), code=text)
        raise SlackUnanswered(refusals.unanswered(f"HTTP {answer.status_code}"))

    async def find(
        self, post: str, *, channel: str, channel_id: str, thread_ts: str, age: timedelta
    ) -> SlackSent | None:
        """Raises CannotTell, always."""
        raise CannotTell(
            _("A webhook cannot read the channel: check in Slack whether {mark} was posted.", mark=mark(post))
        )


@asynccontextmanager
async def _sent(address: str) -> AsyncIterator[None]:
    host = urlsplit(address).hostname or ""
    # No other error proves that nothing was posted.
    with RaisedAs(lambda error: SlackUnanswered(refusals.unanswered(why(error))), but=SlackError):
        try:
            yield
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientHttpProxyError,
        ) as error:
            raise SlackRefused(refusals.unreachable(host, why(error)), backoff=True) from None


@asynccontextmanager
async def _reading(address: str) -> AsyncIterator[None]:
    host = urlsplit(address).hostname or ""
    # An unreadable answer does not prove that the message is not there.
    with RaisedAs(lambda error: CannotTell(refusals.unanswered(why(error)), again=True), but=SlackError):
        try:
            yield
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise CannotTell(refusals.unreachable(host, why(error)), again=True) from None
