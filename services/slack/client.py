"""Slack over slack_sdk: one attempt for each message. Imported when the first note is sent, for the library is large.

Source: docs.slack.dev, chat.postMessage, conversations.history, conversations.replies, conversations.list,
incoming webhooks, rate limits. Secrets are in no message of an error, and the library's own logger is silent:
it would write a webhook's address.
"""

import logging
import re
import urllib.request
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

from services.aws.secret import Secret
from services.i18n import _
from services.slack import words
from services.slack.message import body, mark
from services.slack.sending import CannotTell, Message, Refused, Sender, Sent, SlackError, Unanswered
from services.slack.settings import SlackSettings

EVENT = "toban_post"
"""The metadata's event type by which a message is found again."""
MARGIN = timedelta(hours=1)
"""How much longer than its age a message is looked for."""
PAGE, PAGES = 200, 20
_ID = re.compile(r"[CGD][A-Z0-9]{6,}")
_TS = re.compile(r"\d{1,16}\.\d{1,16}", re.ASCII)
_WORD = re.compile(r"[a-z0-9_]{1,60}")
"""As Slack spells its errors. Anything else is not Slack's own word, and may quote a secret."""
_SCOPES = re.compile(r"[a-z0-9:._, ]{1,100}")
_TOO_MANY = 429
_SHORTEST_WAIT, _USUAL_WAIT, _LONGEST_WAIT = 1.0, 30.0, 3600.0
"""Seconds that are waited where Slack asks to, whatever it says."""
_LARGEST = 16 << 20
"""Bytes of an answer that are read; a page of 200 messages has less."""
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
    """Posts with a bot token."""

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
                raise _refused(error, message.channel) from None
        ts, channel = answer.get("ts"), answer.get("channel")
        if answer.get("ok") is not True or not _is(_TS, ts):
            raise Unanswered(words.unanswered(_("an answer without ts")))
        return Sent(ts=str(ts), channel_id=str(channel) if _is(_ID, channel) else "")

    async def find(
        self, post: str, *, channel: str, channel_id: str, thread_ts: str, age: timedelta
    ) -> Sent | None:
        """A message sent at most `age` ago; None: Slack does not have it. Raises CannotTell."""
        if age < timedelta():
            raise CannotTell(_("This machine's clock was set back since the note was sent."))
        async with self._client() as client, _asked(self._base):
            try:
                id = channel_id or await self._channel_id(client, channel)
                return await self._look(client, post, id, thread_ts, age)
            except SlackApiError as error:
                raise _untold(error, channel) from None

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[AsyncWebClient]:
        base = f"{self._base}/api/"
        async with _session(self._limits) as session:
            client = AsyncWebClient(
                token=self._token.reveal(), base_url=base, session=session, logger=_LOGGER, retry_handlers=[]
            )
            client.proxy = _proxy(base)
            yield client

    async def _channel_id(self, client: AsyncWebClient, channel: str) -> str:
        if _ID.fullmatch(channel):
            return channel
        # One kind at a time: a bot that may not list private channels is refused a list of both.
        for kind in ("public_channel", "private_channel"):
            if found := await self._listed(client, channel.removeprefix("#"), kind):
                return found
        raise CannotTell(words.refusal("channel_not_found", channel=channel))

    async def _listed(self, client: AsyncWebClient, name: str, kind: str) -> str:
        cursor = ""
        for _page in range(PAGES):
            answer = await client.conversations_list(
                types=kind, exclude_archived=True, limit=PAGE, cursor=cursor or None
            )
            channels = answer.get("channels")
            if answer.get("ok") is not True or not isinstance(channels, list):
                raise CannotTell(words.unanswered(_("an answer without channels")), again=True)
            for each in channels:
                if each["name"] == name and _is(_ID, each["id"]):
                    return str(each["id"])
            cursor = _next(answer)
            if not cursor:
                break
        return ""

    async def _look(
        self, client: AsyncWebClient, post: str, channel: str, thread_ts: str, age: timedelta
    ) -> Sent | None:
        """Reads back by Slack's clock, not by this machine's, which may be wrong by hours."""
        cursor = ""
        for _page in range(PAGES):
            # The newest come first; of a thread the oldest, and it is read to its end.
            asked: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": PAGE}
            asked |= {"cursor": cursor} if cursor else {}
            if thread_ts:
                answer = await client.conversations_replies(ts=thread_ts, **asked)
            else:
                answer = await client.conversations_history(**asked)
            messages = answer.get("messages")
            if answer.get("ok") is not True or not isinstance(messages, list):
                raise CannotTell(words.unanswered(_("an answer without messages")), again=True)
            for each in messages:
                if _is_it(each, post):
                    # It is there, whatever else the answer says of it.
                    ts = each.get("ts")
                    return Sent(ts=str(ts) if _is(_TS, ts) else "", channel_id=channel)
            cursor = _next(answer)
            if not cursor or (not thread_ts and _older(messages, answer.headers, age + MARGIN)):
                return None
        raise CannotTell(
            _("There are too many messages in {channel} to look through.").format(channel=channel)
        )


class Webhook:
    """Posts through an incoming webhook: into the one channel it was made for, and nothing can be read back."""

    threads = False

    def __init__(self, address: Secret, limits: aiohttp.ClientTimeout) -> None:
        self._address = address
        self._limits = limits

    async def post(self, message: Message) -> Sent:
        """Exactly one attempt. Raises Refused, Unanswered."""
        address = self._address.reveal()
        async with _session(self._limits) as session, _sent(address):
            client = AsyncWebhookClient(address, session=session, logger=_LOGGER, retry_handlers=[])
            client.proxy = _proxy(address)
            answer = await client.send(unfurl_links=False, unfurl_media=False, **body(message))
        said = (answer.body or "").strip()
        if answer.status_code == 200 and said == "ok":
            return Sent()
        if answer.status_code == _TOO_MANY:
            raise _rate_limited(answer.headers)
        if 400 <= answer.status_code < 500 and words.known(said):
            raise Refused(words.refusal(said, channel=_("the webhook's channel")), code=said)
        raise Unanswered(words.unanswered(f"HTTP {answer.status_code}"))

    async def find(
        self, post: str, *, channel: str, channel_id: str, thread_ts: str, age: timedelta
    ) -> Sent | None:
        """Raises CannotTell, always."""
        raise CannotTell(
            _("A webhook cannot read the channel: look whether {mark} stands there.").format(mark=mark(post))
        )


class _Answer(aiohttp.ClientResponse):
    """Reads no more than a console can hold."""

    async def read(self) -> bytes:
        """The whole body. Raises ClientPayloadError where it is too large."""
        if self._body is None:
            body = bytearray()
            async for part in self.content.iter_any():
                body += part
                if len(body) > _LARGEST:
                    self.close()
                    raise aiohttp.ClientPayloadError
            self._body = bytes(body)
        return await super().read()


class _Redirected(aiohttp.ClientError):
    """The answer sends the request elsewhere; nobody goes there with a token."""


async def _refuse_redirect(*_trace: object) -> None:
    raise _Redirected


def _session(limits: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_refuse_redirect)
    return aiohttp.ClientSession(timeout=limits, trace_configs=[trace], response_class=_Answer)


@asynccontextmanager
async def _sent(address: str) -> AsyncIterator[None]:
    """Tells what certainly was not sent from what may have been."""
    host = urlsplit(address).hostname or ""
    try:
        yield
    except (
        aiohttp.ClientConnectorError,
        aiohttp.ConnectionTimeoutError,
        aiohttp.ClientHttpProxyError,
    ) as error:
        raise Refused(words.unreachable(host, _why(error)), backoff=True) from None
    except SlackError:
        raise
    except Exception as error:  # noqa: BLE001  the boundary: whatever the answer is, it does not say that nothing was posted
        raise Unanswered(words.unanswered(_why(error))) from None


@asynccontextmanager
async def _asked(address: str) -> AsyncIterator[None]:
    """A read that failed on its way may succeed later."""
    host = urlsplit(address).hostname or ""
    try:
        yield
    except SlackError:
        raise
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise CannotTell(words.unreachable(host, _why(error)), again=True) from None
    except Exception as error:  # noqa: BLE001  the boundary: an answer that cannot be read does not say that it is not there
        raise CannotTell(words.unanswered(_why(error)), again=True) from None


def _why(error: BaseException) -> str:
    """An error without what it may quote: addresses hold a webhook's secret."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, TimeoutError):
        return _("no answer in time")
    return type(error).__name__


def _refused(error: SlackApiError, channel: str) -> Refused | Unanswered:
    code, answer = _code(error)
    status = answer.status_code if answer is not None else 0
    if answer is not None and status == _TOO_MANY:
        return _rate_limited(answer.headers)
    if not code or code in words.UNCLEAR or status >= 500:
        return Unanswered(words.unanswered(code or f"HTTP {status}"))
    needed = _needed(answer)
    return Refused(words.refusal(code, channel=channel, needed=needed), code=code)


def _untold(error: SlackApiError, channel: str) -> CannotTell:
    code, answer = _code(error)
    if answer is None or not code or code in words.UNCLEAR or answer.status_code >= _TOO_MANY:
        return CannotTell(words.unanswered(code or "HTTP"), code=code, again=True)
    needed = _needed(answer) or "channels:history"
    return CannotTell(words.refusal(code, channel=channel, needed=needed), code=code)


def _rate_limited(headers: Mapping[str, str]) -> Refused:
    said = str(headers.get("Retry-After") or "")
    asked = float(said) if said.isascii() and said.isdigit() else _USUAL_WAIT
    seconds = min(_LONGEST_WAIT, max(_SHORTEST_WAIT, asked))
    return Refused(words.refusal("ratelimited", seconds=seconds), code="ratelimited", retry_after=seconds)


def _code(error: SlackApiError) -> tuple[str, AsyncSlackResponse | None]:
    """Slack's word, and its answer; nothing where what came is not Slack's (a proxy's page, say)."""
    answer = error.response
    if not isinstance(answer, AsyncSlackResponse) or not isinstance(answer.data, dict):
        return "", answer if isinstance(answer, AsyncSlackResponse) else None
    said = answer.data.get("error")
    return str(said) if answer.data.get("ok") is False and _is(_WORD, said) else "", answer


def _needed(answer: AsyncSlackResponse | None) -> str:
    needed = answer.get("needed") if answer is not None else None
    return str(needed) if _is(_SCOPES, needed) else ""


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _next(answer: AsyncSlackResponse) -> str:
    """Where the next page begins; "" at the end. Raises CannotTell where there is more and it does not say where."""
    cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
    if not isinstance(cursor, str) or (not cursor and answer.get("has_more")):
        raise CannotTell(words.unanswered(_("an answer without its next page")), again=True)
    return cursor


def _is_it(message: Mapping[str, Any], post: str) -> bool:
    metadata = message.get("metadata") or {}
    id = (metadata.get("event_payload") or {}).get("id") if metadata.get("event_type") == EVENT else None
    if isinstance(id, str):
        return id == post
    # A person's words that quote the mark are not the message.
    return bool(message.get("bot_id")) and mark(post) in str(message.get("text") or "")


def _older(messages: list[Mapping[str, Any]], headers: Mapping[str, str], age: timedelta) -> bool:
    """Whether the last of a page is older than `age` by Slack's clock; not known: no."""
    try:
        now = parsedate_to_datetime(headers["Date"])
        last = datetime.fromtimestamp(float(messages[-1]["ts"]), UTC)
        return last < now.astimezone(UTC) - age
    except (LookupError, TypeError, ValueError, OverflowError, OSError):
        return False


def _proxy(address: str) -> str | None:
    """The environment's proxy for an address; the library alone would not see NO_PROXY."""
    parts = urlsplit(address)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urllib.request.getproxies().get(parts.scheme)
