"""A small evaluator of IAM policies: an explicit deny beats an allow, and what nothing allows is denied."""

import re
from fnmatch import fnmatchcase
from typing import Any

_TOKEN = re.compile(r"\$\{([*?$])\}|([*?])|(.)", re.DOTALL)


def is_allowed(
    policy: dict[str, Any], action: str, resource: str = "*", *, mfa: bool = True, tagged: bool = True
) -> bool:
    """Whether the policy lets a caller take an action on a resource; `tagged`: it bears the tag of this console."""
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if any(fnmatchcase(action, pattern) for pattern in statement["Action"])
        and _is_about(statement, resource)
        and _has_tag(statement.get("Condition", {}), tagged=tagged)
        and (mfa or not {"Bool", "BoolIfExists"} & set(statement.get("Condition", {})))
    }
    return effects == {"Allow"}


def _is_about(statement: dict[str, Any], resource: str) -> bool:
    if "NotResource" in statement:
        return resource != "*" and not any(names(pattern, resource) for pattern in statement["NotResource"])
    return any(resource == "*" or names(pattern, resource) for pattern in statement["Resource"])


def _has_tag(conditions: dict[str, Any], *, tagged: bool) -> bool:
    if any("Tag/" in key for key in conditions.get("StringLike", ())) and not tagged:
        return False
    return not (tagged and any("Tag/" in key for key in conditions.get("Null", ())))


def allowed_actions(policy: dict[str, Any]) -> set[str]:
    return {action for each in policy["Statement"] if each["Effect"] == "Allow" for action in each["Action"]}


def names(pattern: str, resource: str) -> bool:
    """Whether a pattern names a resource: `*` and `?` are wild, `${*}`, `${?}` and `${$}` are the characters."""
    wild = {"*": ".*", "?": "."}
    parts = (
        re.escape(match[1] or match[3]) if match[2] is None else wild[match[2]]
        for match in _TOKEN.finditer(pattern)
    )
    return re.fullmatch("".join(parts), resource, re.DOTALL) is not None
