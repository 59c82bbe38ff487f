"""Reads the messages of the queue: EventBridge's events of alarms, ECS, RDS and AWS Health. Pure.

A message may hold anything that somebody sent to the queue: every text is cleaned and bounded, and whatever does not have an
event's form is unreadable. Source: "Amazon EventBridge events reference", "Alarm events and EventBridge" (Amazon CloudWatch
user guide), "Amazon ECS service deployment state change events", "Amazon ECS task state change events" (Amazon ECS developer
guide), "Amazon RDS event categories and event messages" (Amazon RDS user guide), "Amazon EventBridge schema for AWS Health".
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.aws.client.reader import inside
from services.i18n import _
from services.models.base import RawId
from services.models.seen_events import ContainerExit, SeenEvent, SeenType
from services.models.text import clean

NAME, REASON = 255, 300
"""Characters of a name and of a reason at most."""
CONTAINERS = 10
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
Detail = Mapping[str, Any]


class Unreadable(Exception):
    """The message is no event that the console knows; the text says why, for people."""


class Needless(Exception):
    """An event of which nothing is recorded: a task that is not stopped."""


def seen_event(body: str, account: str) -> SeenEvent:
    """The event in a message's body. Raises Unreadable, Needless; `account` is the system's."""
    try:
        event = inside(body)
    except ValueError as error:
        raise Unreadable(_("no JSON")) from error
    if not isinstance(event, dict) or not isinstance(event.get("detail"), dict):
        raise Unreadable(_("no event of EventBridge"))
    id, source, type = event.get("id"), event.get("source"), event.get("detail-type")
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise Unreadable(_("an event without an id"))
    if event.get("account") != account:
        raise Unreadable(_("an event of another account"))
    reader = _READERS.get((str(source), str(type))) or _READERS.get((str(source), ""))
    if reader is None:
        raise Unreadable(f"{clean(source, 80)}: {clean(type, 80)}")
    return reader(event["detail"], event).model_copy(update={"id": id, "at": _time(event.get("time"))})


def _alarm(detail: Detail, _event: Detail) -> SeenEvent:
    state = _part(detail, "state")
    return SeenEvent(
        id="",
        type=SeenType.ALARM,
        target=_name(detail.get("alarmName")),
        state=_text(state.get("value"), 40),
        before=_text(_part(detail, "previousState").get("value"), 40),
        reason=_text(state.get("reason")),
    )


def _deployment(detail: Detail, event: Detail) -> SeenEvent:
    arns = event.get("resources")
    arn = arns[0] if isinstance(arns, list) and arns else ""
    return SeenEvent(
        id="",
        type=SeenType.DEPLOYMENT,
        target=_name(_last(arn)),
        state=_text(detail.get("eventName"), 80),
        reason=_text(detail.get("reason")),
    )


def _task(detail: Detail, _event: Detail) -> SeenEvent:
    if detail.get("lastStatus") != "STOPPED":
        raise Needless
    group = str(detail.get("group") or "")
    containers = detail.get("containers")
    listed = containers if isinstance(containers, list) else []
    exits = [_exit(container) for container in listed if isinstance(container, dict)]
    return SeenEvent(
        id="",
        type=SeenType.TASK,
        target=_name(group.partition(":")[2] or group),
        reason=_text(detail.get("stoppedReason")),
        task=_text(_last(detail.get("taskArn")), 80),
        stop_code=_text(detail.get("stopCode"), 80),
        containers=tuple(sorted(exits, key=lambda container: not container.code)[:CONTAINERS]),
    )


def _exit(container: Detail) -> ContainerExit:
    code = container.get("exitCode")
    is_code = isinstance(code, int) and not isinstance(code, bool) and 0 <= code < 1 << 32
    return ContainerExit(
        name=_text(container.get("name"), 80),
        code=code if is_code else None,
        reason=_text(container.get("reason"), 120),
    )


def _database(detail: Detail, _event: Detail) -> SeenEvent:
    return SeenEvent(
        id="",
        type=SeenType.DATABASE,
        target=_name(detail.get("SourceIdentifier")),
        state=_text(detail.get("EventID"), 40),
        reason=_text(detail.get("Message")),
    )


def _health(detail: Detail, _event: Detail) -> SeenEvent:
    described = detail.get("eventDescription")
    first = described[0] if isinstance(described, list) and described else {}
    return SeenEvent(
        id="",
        type=SeenType.HEALTH,
        target=_name(detail.get("service")),
        state=_text(detail.get("eventTypeCode"), 120),
        reason=_text(first.get("latestDescription") if isinstance(first, dict) else ""),
    )


_READERS: Mapping[tuple[str, str], Callable[[Detail, Detail], SeenEvent]] = {
    ("aws.cloudwatch", "CloudWatch Alarm State Change"): _alarm,
    ("aws.ecs", "ECS Deployment State Change"): _deployment,
    ("aws.ecs", "ECS Task State Change"): _task,
    ("aws.rds", ""): _database,
    ("aws.health", ""): _health,
}
"""By source and detail-type; "" for every type of a source."""


def _part(detail: Detail, key: str) -> Detail:
    part = detail.get(key)
    return part if isinstance(part, dict) else {}


def _text(value: object, limit: int = REASON) -> str:
    """One clean line; "" for anything but a text."""
    return clean(" ".join(value[: 2 * limit].split()), limit) if isinstance(value, str) else ""


def _name(value: object) -> RawId:
    return RawId(value[:NAME]) if isinstance(value, str) else RawId("")


def _last(arn: object) -> str:
    return arn.rpartition("/")[2] if isinstance(arn, str) else ""


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        # The latter at the ends of the calendar, in UTC.
        return None
