"""A small evaluator of IAM policies: an explicit deny beats an allow, and what nothing allows is denied."""

from fnmatch import fnmatchcase
from typing import Any


def is_allowed(policy: dict[str, Any], action: str, resource: str = "*", *, mfa: bool = True) -> bool:
    """Whether the policy lets a caller take an action on a resource."""
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if any(fnmatchcase(action, pattern) for pattern in statement["Action"])
        and any(resource == "*" or fnmatchcase(resource, pattern) for pattern in statement["Resource"])
        and (mfa or "Bool" not in statement.get("Condition", {}))
    }
    return effects == {"Allow"}


def allowed_actions(policy: dict[str, Any]) -> set[str]:
    """Every action that some statement allows."""
    return {action for each in policy["Statement"] if each["Effect"] == "Allow" for action in each["Action"]}
