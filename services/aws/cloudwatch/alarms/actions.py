"""Classifies an alarm's actions: whether they notify somebody or only drive a scaling policy; pure."""

from collections.abc import Iterable

from services.aws.client.reader import Answer, readable_name
from services.i18n import _
from services.models.alarms import AlarmKind

_EVERY_STATE = ("AlarmActions", "OKActions", "InsufficientDataActions")


def scaling_name(name: str) -> bool:
    return name.startswith("TargetTracking-")


def notifies_somebody(row: Answer) -> bool:
    return any(map(reaches_somebody, action_arns(row, "AlarmActions")))


def reaches_somebody(arn: str) -> bool:
    """Whether an action can reach a person: not those that only scale, or stop, reboot or recover an instance."""
    return not (_scales(arn) or arn.split(":")[2:3] in (["automate"], ["swf"]))


def is_topic(arn: str) -> bool:
    return arn.split(":")[2:3] == ["sns"]


def topic_names(arns: Iterable[str]) -> str:
    return _(", ").join(arn.rsplit(":", 1)[-1] for arn in arns)


def only_scales(row: Answer, kind: AlarmKind, name: str) -> bool:
    actions = _listed(row, *_EVERY_STATE)
    if not actions:
        return kind is AlarmKind.METRIC and scaling_name(name)
    # An unreadable action may notify somebody.
    return all(_is_arn(action) and _scales(str(action)) for action in actions)


def scaling_arns(row: Answer) -> list[str]:
    return [action for action in dict.fromkeys(action_arns(row, *_EVERY_STATE)) if _scales(action)]


def action_arns(row: Answer, *keys: str) -> list[str]:
    return [str(action) for action in _listed(row, *keys) if _is_arn(action)]


def _listed(row: Answer, *keys: str) -> list[object]:
    lists = (row.get(key) for key in keys)
    return [action for actions in lists if isinstance(actions, list) for action in actions if action]


def _is_arn(value: object) -> bool:
    return readable_name(value).startswith("arn:")


def _scales(arn: str) -> bool:
    return ":scalingPolicy:" in arn
