"""What a system is made of, as the configuration and the runbook say."""

from collections.abc import Callable
from dataclasses import dataclass

from services.aws.client.settings import AwsSettings
from services.journal.place import JournalPlace
from services.models.intervals import Intervals
from services.models.runbook import Runbook


@dataclass(frozen=True, slots=True)
class SystemPlan:
    """What a system is made of, once its files are read."""

    runbook: Runbook
    settings: AwsSettings
    journal: JournalPlace
    intervals: Intervals


@dataclass(frozen=True, slots=True)
class SystemEntry:
    """A system of the configuration, of which nothing is read yet."""

    name: str
    """As the configuration names its runbook."""
    load: Callable[[], SystemPlan]
    """Reads its files; blocks, raises DataFileError."""
    place: str = ""
    """Where the configuration lists it: `config.toml:12: systems[2].runbook`."""
