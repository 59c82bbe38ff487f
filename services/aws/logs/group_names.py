"""Log groups as requests name them: by name, or by ARN, which AWS prints with `:*` and does not take with it."""

from typing import Any


def identifier(group: str) -> str:
    """A log group's name or ARN without the `:*`."""
    return group.removesuffix(":*")


def group_name(group: str) -> str:
    return identifier(group).rsplit(":log-group:", 1)[-1]


def group_parameter(group: str) -> dict[str, Any]:
    key = "logGroupIdentifier" if group.startswith("arn:") else "logGroupName"
    return {key: identifier(group)}
