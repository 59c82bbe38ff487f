"""A small evaluator of IAM policies: an explicit deny beats an allow, and what nothing allows is denied."""

import re
from fnmatch import fnmatchcase
from typing import Any

_TOKEN = re.compile(r"\$\{([*?$])\}|([*?])|(.)", re.DOTALL)


def is_allowed(policy: dict[str, Any], action: str, resource: str = "*", *, mfa: bool = True) -> bool:
    """Whether the policy lets a caller take an action on a resource."""
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if any(fnmatchcase(action, pattern) for pattern in statement["Action"])
        and any(resource == "*" or names(pattern, resource) for pattern in statement["Resource"])
        and (mfa or not {"Bool", "BoolIfExists"} & set(statement.get("Condition", {})))
    }
    return effects == {"Allow"}


def allowed_actions(policy: dict[str, Any]) -> set[str]:
    """Every action that some statement allows."""
    return {action for each in policy["Statement"] if each["Effect"] == "Allow" for action in each["Action"]}


def names(pattern: str, resource: str) -> bool:
    """Whether a pattern names a resource: `*` and `?` are wild, `${*}`, `${?}` and `${$}` are the characters."""
    wild = {"*": ".*", "?": "."}
    parts = (
        re.escape(match[1] or match[3]) if match[2] is None else wild[match[2]]
        for match in _TOKEN.finditer(pattern)
    )
    return re.fullmatch("".join(parts), resource, re.DOTALL) is not None
