"""What a record of AWS WAF's log says, put together from its parts. Source: "Log fields for web ACL traffic"
(AWS WAF developer guide)."""

from collections.abc import Mapping

from services.models.text import clean

LIMIT = 400  # Characters of a name at most
_MANAGED = "AWSManagedRules"


def rule_of(record: Mapping[str, object]) -> str:
    """The rule that decided, short: of a managed group the group and its rule; "" if the default action did."""
    rule = clean(record.get("terminatingRuleId"), LIMIT)
    if rule == "Default_Action":
        return ""
    groups = record.get("ruleGroupList")
    for group in groups if isinstance(groups, list) else ():
        inner = group.get("terminatingRule") if isinstance(group, Mapping) else None
        if isinstance(inner, Mapping) and inner.get("ruleId"):
            return f"{_short(rule)}/{clean(inner['ruleId'], LIMIT)}"
    return _short(rule)


def host_of(request: Mapping[str, object]) -> str:
    """The host that was asked for, from the request's headers; "" without one."""
    headers = request.get("headers")
    for header in headers if isinstance(headers, list) else ():
        if isinstance(header, Mapping) and str(header.get("name", "")).casefold() == "host":
            return clean(header.get("value"), LIMIT)
    return ""


def _short(rule: str) -> str:
    """`AWS-AWSManagedRulesCommonRuleSet` is the CommonRuleSet."""
    return rule.rpartition(_MANAGED)[2] if _MANAGED in rule and not rule.endswith(_MANAGED) else rule
