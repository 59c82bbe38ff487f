"""Which sizes and IOPS the storage of a database may be extended to. Pure.

Source: DescribeValidDBInstanceModifications, AllocatedStorage of ModifyDBInstance (Amazon RDS API reference); "Amazon RDS
DB instance storage" (user guide): gp3 of a certain size is striped over four volumes, has more IOPS, and its IOPS must
be sent; below that size they must not. Less than 10 % is an error in the user guide and rounded up in the API
reference, so it is refused here.
"""

from collections.abc import Iterable

from services.models.rds import SizeRange, StorageOption

LEAST_PERCENT = 110
"""Smallest new size, in per cent of the present one."""
_STRIPED = {"oracle": 200, "sqlserver": 0}
"""GiB from which gp3's IOPS must be sent, by the beginning of the engine's name."""
_USUALLY_STRIPED = 400
_PROVISIONED = ("io1", "io2")
_STRIPED_IOPS = 12000
"""Least IOPS of striped gp3 if RDS does not report them."""


def is_legal(size: int, ranges: Iterable[SizeRange]) -> bool:
    """Whether a value is in one of the ranges, on its steps."""
    return any(span.first <= size <= span.last and (size - span.first) % span.step == 0 for span in ranges)


def next_legal(least: int, ranges: Iterable[SizeRange]) -> int | None:
    """The smallest legal value from `least` on; None: there is none."""
    return min((size for span in ranges if (size := _from(least, span)) <= span.last), default=None)


def _from(least: int, span: SizeRange) -> int:
    """The first step of a range that is not below `least`; it may be above the range."""
    steps = max(0, -((span.first - least) // span.step))
    return span.first + steps * span.step


def smallest(current: int, option: StorageOption) -> int | None:
    """The smallest legal extension of the present size; None: it cannot be extended."""
    return next_legal(-(-current * LEAST_PERCENT // 100), option.sizes)


def _striped(engine: str) -> int:
    return next((gib for name, gib in _STRIPED.items() if engine.startswith(name)), _USUALLY_STRIPED)


def is_copied(engine: str, storage_type: str, current: int, size: int) -> bool:
    """Whether the data are copied to other volumes ("I/O-intensive storage modifications", user guide)."""
    return storage_type == "standard" or current <= _striped(engine) < size


def iops_to_send(engine: str, option: StorageOption, size: int, current: int | None) -> int | None:
    """IOPS to send with a new size: the present ones where they are legal; None: must not be sent."""
    if option.storage_type == "gp3":
        if size < _striped(engine):
            return None
        least = min((span.first for span in option.iops), default=_STRIPED_IOPS)
        return max(current or 0, least)
    if option.storage_type in _PROVISIONED:
        return current
    return None
