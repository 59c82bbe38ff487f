"""What an alarm's actions say of it: whether somebody is told, whether it only drives a scaling policy. Pure."""

from services.aws.reader import Answer
from services.models.alarms import AlarmKind

_EVERY_STATE = ("AlarmActions", "OKActions", "InsufficientDataActions")


def scaling_name(name: str) -> bool:
    """Whether target tracking names its alarms so."""
    return name.startswith("TargetTracking-")


def tells_somebody(row: Answer) -> bool:
    """Whether going to ALARM runs an action that is no scaling policy; one that cannot be read tells nobody."""
    return not all(map(_scales, _arns(row, "AlarmActions")))


def only_scales(row: Answer, kind: AlarmKind, name: str) -> bool:
    """Whether every action, of whatever state, is a scaling policy; one without actions goes by its name."""
    arns = _arns(row, *_EVERY_STATE)
    if not arns:
        return kind is AlarmKind.METRIC and scaling_name(name)
    return all(map(_scales, arns))


def _arns(row: Answer, *keys: str) -> list[str]:
    lists = (row.get(key) for key in keys)
    return [arn for arns in lists if isinstance(arns, list) for arn in arns if isinstance(arn, str) and arn]


def _scales(arn: str) -> bool:
    return ":scalingPolicy:" in arn
