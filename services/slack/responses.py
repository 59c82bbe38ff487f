"""Interprets Slack's responses: refusals, pages, messages. Pure.

Source: docs.slack.dev, chat.postMessage, conversations.history, rate limits. Nothing here quotes a response, except
for Slack's error codes: it may contain a secret.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from services.i18n import _
from services.slack import refusals
from services.slack.message_format import mark
from services.slack.sending import CannotTell, Refused, Unanswered

EVENT = "toban_post"
"""The event type in a message's metadata, by which it is found again."""
ID = re.compile(r"[CGD][A-Z0-9]{6,}")
TS = re.compile(r"\d{1,16}\.\d{1,16}", re.ASCII)
_WORD = re.compile(r"[a-z0-9_]{1,60}")
"""Form of Slack's error codes; any other text may contain a secret."""
_SCOPES = re.compile(r"[a-z0-9:._, ]{1,100}")
TOO_MANY = 429
_SHORTEST_WAIT, _USUAL_WAIT, _LONGEST_WAIT = 1.0, 30.0, 3600.0
"""Bounds, in seconds, for the wait that Slack asks for, and the wait where it names none."""


def why(error: BaseException) -> str:
    """An error without its text, which may contain the address and so a webhook's secret."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, TimeoutError):
        return _("no response in time")
    return type(error).__name__


def refused(error: SlackApiError, channel: str) -> Refused | Unanswered:
    """What an error answer to a post means: nothing was posted, or the outcome is unknown."""
    code, answer = code_of(error)
    status = answer.status_code if answer is not None else 0
    if answer is not None and status == TOO_MANY:
        return rate_limited(answer.headers)
    if not code or code in refusals.UNCLEAR or status >= 500:
        return Unanswered(refusals.unanswered(code or f"HTTP {status}"))
    needed = needed_scope(answer)
    return Refused(refusals.refusal(code, channel=channel, needed=needed), code=code)


def failure(error: SlackApiError, channel: str) -> CannotTell:
    code, answer = code_of(error)
    if answer is None or not code or code in refusals.UNCLEAR or answer.status_code >= TOO_MANY:
        return CannotTell(refusals.unanswered(code or "HTTP"), code=code, again=True)
    needed = needed_scope(answer) or "channels:history"
    return CannotTell(refusals.refusal(code, channel=channel, needed=needed), code=code)


def rate_limited(headers: Mapping[str, str]) -> Refused:
    """Slack requests a wait, which is limited to between a second and an hour."""
    header = str(headers.get("Retry-After") or "")
    requested = float(header) if header.isascii() and header.isdigit() else _USUAL_WAIT
    seconds = min(_LONGEST_WAIT, max(_SHORTEST_WAIT, requested))
    return Refused(refusals.refusal("ratelimited", seconds=seconds), code="ratelimited", retry_after=seconds)


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
