"""How a world's phases override the answers that all worlds share."""

from datetime import datetime
from typing import Any

from tests.worlds.schema import World

_ATOMIC = frozenset(
    {"IpPermissions", "IpPermissionsEgress", "Routes", "Entries", "TargetHealth", "Associations"}
)
"""Keys whose value in a phase replaces the default's whole."""
_NAMES = [
    "GroupId",
    "RouteTableId",
    "NetworkAclId",
    "SubnetId",
    "VpcEndpointId",
    "DBInstanceIdentifier",
    "LoadBalancerArn",
    "serviceName",
    "PolicyName",
    "AlarmName",
    "ActivityId",
]
"""Keys by which the items of a list are told apart."""


class Later(Exception):
    """A time of a phase that has not come yet."""


def override(default: Any, new: Any, key: str = "") -> Any:
    """A phase's value merged into the default: tables merge; lists of named items merge by name, those of the same length
    item by item, others replace."""
    if key in _ATOMIC:
        return new
    if isinstance(default, dict) and isinstance(new, dict):
        return default | {name: override(default.get(name), value, name) for name, value in new.items()}
    if not (
        isinstance(default, list) and isinstance(new, list) and _are_tables(default) and _are_tables(new)
    ):
        return new
    name = next(
        (item for item in _NAMES if default and new and all(item in row for row in (*default, *new))), ""
    )
    if name:
        given = {row[name]: row for row in new}
        table = {row[name] for row in default}
        merged = [override(row, given.get(row[name], {})) for row in default]
        return [*merged, *(row for row in new if row[name] not in table)]
    if len(default) == len(new):
        return [override(old, row) for old, row in zip(default, new, strict=True)]
    return new


def _are_tables(rows: list[Any]) -> bool:
    return all(isinstance(row, dict) for row in rows)


def dated(value: Any, world: World, now: datetime) -> Any:
    """A phase's value with its times. Raises Later for one that has not come; rows with such a time are left out."""
    if isinstance(value, dict):
        if set(value) == {"minute"}:
            moment = world.at(float(value["minute"]))
            if moment > now:
                raise Later
            return moment
        return {key: dated(item, world, now) for key, item in value.items()}
    if isinstance(value, list | tuple):
        rows = []
        for item in value:
            try:
                rows.append(dated(item, world, now))
            except Later:
                continue
        return rows
    return value
