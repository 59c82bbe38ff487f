"""Converts what an instance may be changed to, as RDS reports it, to models; pure.

Source: the types ValidStorageOptions, Range and OrderableDBInstanceOption (Amazon RDS API reference).
"""

from collections.abc import Iterable

from services.aws.client.reader import Answer, incomplete, rows, whole
from services.i18n import _
from services.models.rds import OrderableClass, SizeRange, StorageOption
from services.models.text import clean

_SIZES = ("rds", "DescribeValidDBInstanceModifications")


def storage_option_of(row: Answer) -> StorageOption:
    """The storage type in a Storage row. Raises Incomplete without its name, or with an unreadable range."""
    kind = clean(row.get("StorageType"))
    if not kind:
        raise incomplete(_("RDS returned a storage type without its name."), *_SIZES)
    return StorageOption(
        storage_type=kind,
        sizes=tuple(map(_range, rows(row, "StorageSize"))),
        iops=tuple(map(_range, rows(row, "ProvisionedIops"))),
    )


def _range(row: Answer) -> SizeRange:
    first, last = whole(row.get("From")), whole(row.get("To"))
    if first is None or last is None:
        # A skipped range would make its sizes look illegal.
        raise incomplete(_("RDS returned a range of sizes without its ends."), *_SIZES)
    return SizeRange(first=first, last=last, step=max(1, whole(row.get("Step"), 1)))


def classes_of(options: Iterable[Answer]) -> tuple[OrderableClass, ...]:
    """The instance classes of OrderableDBInstanceOptions rows, one for all storage types, in the order of AWS."""
    storage: dict[str, set[str]] = {}
    multi_az: dict[str, bool] = {}
    for row in options:
        name = clean(row.get("DBInstanceClass"))
        if not name:
            continue
        storage.setdefault(name, set()).add(clean(row.get("StorageType")))
        multi_az[name] = multi_az.get(name, False) or row.get("MultiAZCapable") is True
    return tuple(
        OrderableClass(name=name, multi_az=multi_az[name], storage_types=tuple(sorted(kinds - {""})))
        for name, kinds in storage.items()
    )
