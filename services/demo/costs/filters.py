"""Cost Explorer's filters and groups, as far as dimensions of a charge go.

Source: Expression, DimensionValues (AWS Cost Explorer API reference). As on AWS, a value that no charge has matches
nothing and is no error.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from services.demo.account import ACCOUNT, REGION
from services.demo.costs.model import Item
from services.demo.errors import AwsErrorResponse

DIMENSIONS: dict[str, Callable[[Item], str]] = {
    "SERVICE": lambda item: item.service,
    "RECORD_TYPE": lambda item: item.record,
    "REGION": lambda _item: REGION,
    "LINKED_ACCOUNT": lambda _item: ACCOUNT,
}
_MOST_GROUPS = 2
_NO_CHARGE = Item("", "", Decimal(0))


def invalid(message: str) -> AwsErrorResponse:
    """Cost Explorer's error for an invalid request."""
    return AwsErrorResponse("ValidationException", message)


def matches(item: Item, expression: dict[str, Any]) -> bool:
    """Whether a charge passes a filter. Raises AwsErrorResponse (ValidationException)."""
    if len(expression) != 1:
        raise invalid("Expression must have exactly one root operator")
    ((kind, value),) = expression.items()
    if kind == "Dimensions":
        return _dimension(item, str(value.get("Key"))) in value.get("Values", ())
    if kind == "Not":
        return not matches(item, value)
    if kind in ("And", "Or"):
        results = [matches(item, operand) for operand in value]
        return all(results) if kind == "And" else any(results)
    raise AwsErrorResponse("NotImplemented", f"Filter {kind} is not part of the embedded AWS", 501)


def check(expression: dict[str, Any] | None) -> None:
    """Raise AwsErrorResponse for an invalid filter, even if there is nothing to filter."""
    if expression is not None:
        matches(_NO_CHARGE, expression)


def group_keys(groups: Sequence[dict[str, Any]]) -> list[str]:
    """The dimensions to group by. Raises AwsErrorResponse (ValidationException)."""
    if len(groups) > _MOST_GROUPS:
        raise invalid("Group by can have a maximum of 2 groups")
    keys = [str(group.get("Key")) for group in groups]
    if any(group.get("Type") != "DIMENSION" for group in groups):
        raise AwsErrorResponse("NotImplemented", "Only dimensions can be grouped by in the embedded AWS", 501)
    for key in keys:
        _dimension(_NO_CHARGE, key)
    return keys


def group_of(item: Item, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(_dimension(item, key) for key in keys)


def _dimension(item: Item, key: str) -> str:
    # An old reference says CHARGE_TYPE; the API accepts RECORD_TYPE only.
    if key not in DIMENSIONS:
        raise invalid(f"Dimension {key} is not valid for this operation")
    return DIMENSIONS[key](item)
