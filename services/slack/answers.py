"""What Slack's answers say, and what they do not: refusals, pages, messages. Pure.

Source: docs.slack.dev, chat.postMessage, conversations.history, rate limits. Nothing here quotes an answer that is not
Slack's own word: it may hold a secret.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from services.i18n import _
from services.slack import wording as words
from services.slack.message import mark
from services.slack.sending import CannotTell, Refused, Unanswered

EVENT = "toban_post"
"""The metadata's event type by which a message is found again."""
ID = re.compile(r"[CGD][A-Z0-9]{6,}")
TS = re.compile(r"\d{1,16}\.\d{1,16}", re.ASCII)
_WORD = re.compile(r"[a-z0-9_]{1,60}")
"""As Slack spells its errors. Anything else is not Slack's own word, and may quote a secret."""
_SCOPES = re.compile(r"[a-z0-9:._, ]{1,100}")
TOO_MANY = 429
_SHORTEST_WAIT, _USUAL_WAIT, _LONGEST_WAIT = 1.0, 30.0, 3600.0
"""Seconds that are waited where Slack asks to, whatever it says."""


def why(error: BaseException) -> str:
    """An error without what it may quote: addresses hold a webhook's secret."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, TimeoutError):
        return _("no answer in time")
    return type(error).__name__


def refused(error: SlackApiError, channel: str) -> Refused | Unanswered:
    """What a refusal of a post means: nothing was posted, or nobody knows."""
    code, answer = code_of(error)
    status = answer.status_code if answer is not None else 0
    if answer is not None and status == TOO_MANY:
        return rate_limited(answer.headers)
    if not code or code in words.UNCLEAR or status >= 500:
        return Unanswered(words.unanswered(code or f"HTTP {status}"))
    needed = needed_scope(answer)
    return Refused(words.refusal(code, channel=channel, needed=needed), code=code)


def untold(error: SlackApiError, channel: str) -> CannotTell:
    """Why a read-back tells nothing."""
    code, answer = code_of(error)
    if answer is None or not code or code in words.UNCLEAR or answer.status_code >= TOO_MANY:
        return CannotTell(words.unanswered(code or "HTTP"), code=code, again=True)
    needed = needed_scope(answer) or "channels:history"
    return CannotTell(words.refusal(code, channel=channel, needed=needed), code=code)


def rate_limited(headers: Mapping[str, str]) -> Refused:
    """Slack asks to wait; for a second to an hour, whatever it says."""
    said = str(headers.get("Retry-After") or "")
    asked = float(said) if said.isascii() and said.isdigit() else _USUAL_WAIT
    seconds = min(_LONGEST_WAIT, max(_SHORTEST_WAIT, asked))
    return Refused(words.refusal("ratelimited", seconds=seconds), code="ratelimited", retry_after=seconds)


def code_of(error: SlackApiError) -> tuple[str, AsyncSlackResponse | None]:
    """Slack's word, and its answer; nothing where what came is not Slack's (a proxy's page, say)."""
    answer = error.response
    if not isinstance(answer, AsyncSlackResponse) or not isinstance(answer.data, dict):
        return "", answer if isinstance(answer, AsyncSlackResponse) else None
    said = answer.data.get("error")
    return str(said) if answer.data.get("ok") is False and matches(_WORD, said) else "", answer


def needed_scope(answer: AsyncSlackResponse | None) -> str:
    """The scopes that Slack says are missing; "" where it does not."""
    needed = answer.get("needed") if answer is not None else None
    return str(needed) if matches(_SCOPES, needed) else ""


def matches(pattern: re.Pattern[str], value: object) -> bool:
    """Whether a value is a text of this form."""
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def next_page(answer: AsyncSlackResponse) -> str:
    """Where the next page begins; "" at the end. Raises CannotTell where there is more and it does not say where."""
    cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
    if not isinstance(cursor, str) or (not cursor and answer.get("has_more")):
        raise CannotTell(words.unanswered(_("an answer without its next page")), again=True)
    return cursor


def is_message(message: Mapping[str, Any], post: str) -> bool:
    """Whether a message is the one that was posted under this id."""
    metadata = message.get("metadata") or {}
    id = (metadata.get("event_payload") or {}).get("id") if metadata.get("event_type") == EVENT else None
    if isinstance(id, str):
        return id == post
    # A person's words that quote the mark are not the message.
    return bool(message.get("bot_id")) and mark(post) in str(message.get("text") or "")


def older(messages: list[Mapping[str, Any]], headers: Mapping[str, str], age: timedelta) -> bool:
    """Whether the last of a page is older than `age` by Slack's clock; not known: no."""
    try:
        now = parsedate_to_datetime(headers["Date"])
        last = datetime.fromtimestamp(float(messages[-1]["ts"]), UTC)
        return last < now.astimezone(UTC) - age
    except (LookupError, TypeError, ValueError, OverflowError, OSError):
        return False
