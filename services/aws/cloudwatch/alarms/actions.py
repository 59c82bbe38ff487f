"""What an alarm's actions say of it: whether somebody is told, whether it only drives a scaling policy. Pure."""

from services.aws.client.reader import Answer, readable_name
from services.models.alarms import AlarmKind

_EVERY_STATE = ("AlarmActions", "OKActions", "InsufficientDataActions")


def scaling_name(name: str) -> bool:
    """Whether target tracking names its alarms so."""
    return name.startswith("TargetTracking-")


def tells_somebody(row: Answer) -> bool:
    """Whether going to ALARM runs an action that is no scaling policy; one that cannot be read tells nobody."""
    return not all(map(_scales, action_arns(row, "AlarmActions")))


def only_scales(row: Answer, kind: AlarmKind, name: str) -> bool:
    """Whether every action, of whatever state, is a scaling policy; one without actions goes by its name."""
    actions = _listed(row, *_EVERY_STATE)
    if not actions:
        return kind is AlarmKind.METRIC and scaling_name(name)
    # One that cannot be read may be somebody who is told.
    return all(_is_arn(action) and _scales(str(action)) for action in actions)


def action_arns(row: Answer, *keys: str) -> list[str]:
    """The actions listed under these keys, without those that cannot be read."""
    return [str(action) for action in _listed(row, *keys) if _is_arn(action)]


def _listed(row: Answer, *keys: str) -> list[object]:
    lists = (row.get(key) for key in keys)
    return [action for actions in lists if isinstance(actions, list) for action in actions if action]


def _is_arn(value: object) -> bool:
    return readable_name(value).startswith("arn:")


def _scales(arn: str) -> bool:
    return ":scalingPolicy:" in arn
