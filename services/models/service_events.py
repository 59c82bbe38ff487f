"""What a service of ECS reports, and what Auto Scaling does to it, in words for an operator. Source: "Viewing
Amazon ECS service events" and "Amazon ECS service event messages" (Amazon ECS developer guide); Description
of ScalingActivity (Application Auto Scaling API reference)."""

import re
from collections.abc import Callable

from services.i18n import _, plural

_NAME = re.compile(r"^\(service [^)]*\) ")
_ARN = re.compile(r"arn:aws[^\s):]*(?::[^\s):]*){3}:([^\s)]+)")  # An ARN; its last part names the resource

Words = Callable[[re.Match[str]], str]


def _registered(match: re.Match[str]) -> str:
    count = int(match["count"])
    return plural("{count} target registered", "{count} targets registered", count, count=count)


def _deregistered(match: re.Match[str]) -> str:
    count = int(match["count"])
    return plural("{count} target deregistered", "{count} targets deregistered", count, count=count)


def _started(match: re.Match[str]) -> str:
    count = int(match["count"])
    return plural("{count} task started", "{count} tasks started", count, count=count)


def _stopped(match: re.Match[str]) -> str:
    count = int(match["count"])
    return plural("{count} task stopped", "{count} tasks stopped", count, count=count)


def _drained(match: re.Match[str]) -> str:
    count = int(match["count"])
    return plural("{count} task is being drained", "{count} tasks are being drained", count, count=count)


_EVENTS: tuple[tuple[str, Words], ...] = (
    (r"has reached a steady state", lambda _match: _("steady: all desired tasks are running")),
    (
        r"is unhealthy in \(target-group [^)]*\) due to \(reason (?P<reason>[^)]*)\)",
        lambda match: _("a target is unhealthy: {reason}", reason=match["reason"]),
    ),
    (r"^registered (?P<count>\d+) targets", _registered),
    (r"^deregistered (?P<count>\d+) targets", _deregistered),
    (r"has started (?P<count>\d+) tasks", _started),
    (r"has stopped (?P<count>\d+) running tasks", _stopped),
    (r"has begun draining connections on (?P<count>\d+) tasks", _drained),
    (
        r"was unable to place a task\W*(?:because )?(?P<why>.*)",
        lambda match: _("a task cannot be placed: {why}", why=match["why"]),
    ),
    (r"\(deployment [^)]*\) deployment completed", lambda _match: _("the deployment is completed")),
    (
        r"\(deployment [^)]*\) deployment failed:? ?(?P<why>.*)",
        lambda match: _("the deployment failed: {why}", why=match["why"]),
    ),
)
"""A pattern of the message, and its words."""


def service_event(message: str) -> str:
    """What an event says; ECS's own words, without the service's name and with short ARNs, if they are unknown."""
    text = _ARN.sub(r"\1", _NAME.sub("", message))
    for pattern, words in _EVENTS:
        match = re.search(pattern, text)
        if match is not None:
            return words(match)
    return text


_SCALING: dict[str, Callable[[str], str]] = {
    "desired count": lambda count: _("desired count set to {count}", count=count),
    "min capacity": lambda count: _("minimum set to {count}", count=count),
    "max capacity": lambda count: _("maximum set to {count}", count=count),
}
_SETTING = re.compile(r"(desired count|min capacity|max capacity) to (\d+)")


def scaling_text(description: str) -> str:
    settings = _SETTING.findall(description)
    return _(", ").join(_SCALING[what](count) for what, count in settings) or description
