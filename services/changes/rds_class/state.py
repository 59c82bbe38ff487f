"""The state that a change of the instance class is planned from. Pure."""

from dataclasses import dataclass

from services.changes.rds.state import CLASS, ReadState, pending_digest, state_digest
from services.changes.rds_class.busy_days import BusyDays
from services.models.rds import OrderableClass


@dataclass(frozen=True, slots=True)
class ClassState:
    """A database with the classes that it may have."""

    read: ReadState
    orderable: tuple[OrderableClass, ...]
    """In the order in which they are offered."""
    busy: BusyDays | None = None
    """None: CPU could not be measured, or has no limit."""

    @property
    def current(self) -> str:
        return self.read.database.instance_class

    @property
    def queued(self) -> str:
        """The class that waits for the maintenance window, or is being applied; "" for none."""
        setting = self.read.pending(CLASS)
        return setting.value if setting else ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(option.name for option in self.orderable)


def offered(classes: tuple[OrderableClass, ...], read: ReadState) -> tuple[OrderableClass, ...]:
    """The classes that fit the database's deployment and storage; those of its own family first, by size."""
    database = read.database
    fitting = [
        option
        for option in classes
        if (option.multi_az or not database.multi_az)
        and (
            not database.storage_type
            or not option.storage_types
            or database.storage_type in option.storage_types
        )
    ]
    family = database.instance_class.rpartition(".")[0]
    return tuple(
        sorted(fitting, key=lambda option: (option.name.rpartition(".")[0] != family, *_order(option.name)))
    )


_SIZES = ("micro", "small", "medium", "large", "xlarge")


def _order(name: str) -> tuple[str, int, int]:
    """By family, then by size: `medium` before `large` before `2xlarge`."""
    family, _dot, size = name.rpartition(".")
    if size in _SIZES:
        return family, _SIZES.index(size), 0
    number = size.removesuffix("xlarge")
    return family, len(_SIZES), int(number) if number.isdecimal() else 10**6


def class_digest(read: ReadState, *, immediately: bool) -> str:
    """Digest of the state that a new class is planned from; `immediately` also depends on what is applied along."""
    queued = read.pending(CLASS)
    return state_digest(
        read.database.instance_class,
        queued.value if queued else "",
        read.database.multi_az,
        pending_digest(read, without=(CLASS,)) if immediately else read.database.maintenance_window,
        read.is_available,
    )
