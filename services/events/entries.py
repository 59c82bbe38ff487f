from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

from services.host.processes import process_data
from services.i18n import _, plural
from services.models.journal import RESTRAINS_CHANGES, Entry, EntryKind, NewEntry
from services.models.seen_events import SeenEvent, SeenType
from services.models.text import clean

EXCERPT = 200
"""Characters of an unreadable message that are recorded."""
RELEASED = "released"
_HARMLESS = {RESTRAINS_CHANGES: False}


def claim_entry(before: int, *, releases: bool = False) -> NewEntry:
    """A console's claim on the queue; `before` is the number of the claim that it follows, 0 for the first.

    `releases`: it gives the queue up, so that the next console need not wait for the end of its claim.
    Each claim has one successor, so consoles that take over at the same time cannot both succeed, whatever their clocks say.
    """
    return NewEntry(
        kind=EntryKind.LISTENING,
        text=_("Leaves the queue of events to other consoles")
        if releases
        else _("Reads the queue of events"),
        data={**process_data(), **_HARMLESS, **({RELEASED: True} if releases else {})},
        claim=f"events:{before}",
    )


def is_released(claim: Entry) -> bool:
    return claim.data.get(RELEASED) is True


def event_entry(event: SeenEvent) -> NewEntry:
    """The entry of one event, at most one for each of EventBridge's ids."""
    return NewEntry(
        kind=EntryKind.SEEN,
        subject=f"event:{event.id}",
        target=str(event.target),
        text=_TEXTS[event.type](event),
        data={"event": event.model_dump(mode="json", exclude_defaults=True), **_HARMLESS},
        claim=f"event:{event.id}",
    )


def unreadable_entry(message: str, body: str, why: str) -> NewEntry:
    """The entry of a message that is no event; `message` is SQS's id of it."""
    id = (
        message
        if message.isascii() and len(message) <= 100
        else sha256(message.encode("utf-8", "replace")).hexdigest()
    )
    text = _("A message in the queue of events cannot be used: {why}")
    excerpt = clean(body[: 2 * EXCERPT], EXCERPT)
    event = {"type": SeenType.UNREADABLE.value, "reason": why}
    return NewEntry(
        kind=EntryKind.SEEN,
        subject=f"event:message-{id}",
        text=text.format(why=why),
        data={"event": event, "excerpt": excerpt, "size": len(body), **_HARMLESS},
        claim=f"event:message-{id}",
    )


def burst_entry(
    counts: Mapping[SeenType, int], targets: Mapping[str, int], reasons: Mapping[str, int]
) -> NewEntry:
    total = sum(counts.values())
    parts = _(", ").join(
        _COUNTS[type](count).format(count=f"{count:,}") for type, count in counts.items() if count
    )
    text = plural(
        "{count} more event at the same time: {parts}", "{count} more events at the same time: {parts}", total
    )
    return NewEntry(
        kind=EntryKind.SEEN,
        text=text.format(count=f"{total:,}", parts=parts),
        data={
            "event": {"type": SeenType.BURST.value},
            "counts": {type.value: count for type, count in counts.items() if count},
            "targets": dict(targets),
            "reasons": dict(reasons),
            **_HARMLESS,
        },
    )


def _alarm_text(event: SeenEvent) -> str:
    states = f"{event.before} → {event.state}" if event.before else event.state
    return _("Alarm {name}: {states}").format(name=clean(event.target), states=states)


def _deployment_text(event: SeenEvent) -> str:
    text = _("Deployment of {name}: {what}").format(name=clean(event.target), what=event.state)
    return f"{text} ({event.reason})" if event.reason else text


def _task_text(event: SeenEvent) -> str:
    codes = _(", ").join(str(each.code) for each in event.containers if each.code)
    text = _("A task of {name} has stopped: {why}").format(
        name=clean(event.target), why=event.reason or event.stop_code
    )
    return text + _(" (exit code {codes})").format(codes=codes) if codes else text


_TEXTS: Mapping[SeenType, Callable[[SeenEvent], str]] = {
    SeenType.ALARM: _alarm_text,
    SeenType.DEPLOYMENT: _deployment_text,
    SeenType.TASK: _task_text,
    SeenType.DATABASE: lambda event: f"RDS {clean(event.target)}: {event.reason or event.state}",
    SeenType.HEALTH: lambda event: f"AWS Health, {clean(event.target)}: {event.state}",
}


_COUNTS = {
    SeenType.ALARM: lambda count: plural("{count} of an alarm", "{count} of alarms", count),
    SeenType.DEPLOYMENT: lambda count: plural("{count} of a deployment", "{count} of deployments", count),
    SeenType.TASK: lambda count: plural("{count} stopped task", "{count} stopped tasks", count),
    SeenType.DATABASE: lambda count: plural("{count} of a database", "{count} of databases", count),
    SeenType.HEALTH: lambda count: plural("{count} of AWS Health", "{count} of AWS Health", count),
    SeenType.UNREADABLE: lambda count: plural(
        "{count} unreadable message", "{count} unreadable messages", count
    ),
}


def type_of(entry: Entry) -> SeenType | None:
    if entry.kind is not EntryKind.SEEN:
        return None
    event = entry.data.get("event")
    value = event.get("type") if isinstance(event, dict) else None
    return next((type for type in SeenType if type.value == value), None)


def counts_of(entry: Entry) -> Mapping[SeenType, int]:
    type = type_of(entry)
    if type is None:
        return {}
    if type is not SeenType.BURST:
        return {type: 1}
    counts: Any = entry.data.get("counts")
    pairs: Iterable[tuple[str, Any]] = counts.items() if isinstance(counts, dict) else ()
    types = {each.value: each for each in SeenType}
    return {
        types[name]: count
        for name, count in pairs
        if name in types and isinstance(count, int) and not isinstance(count, bool) and count > 0
    }
