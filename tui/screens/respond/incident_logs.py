"""Which log groups an incident leads to: those in which its evidence was read, at the moment of the line that tells most."""

from collections.abc import Sequence
from datetime import datetime

from services.models.first_wave import LogSample
from tui.messages import OpenLogs


def logs_of(group: str, onset: datetime, samples: Sequence[LogSample | None]) -> OpenLogs | None:
    """The log groups to open; `group` is the alarm's own, "" without one. None if there is none at all."""
    read = [sample for sample in samples if sample is not None and sample.lines]
    telling = next((sample for sample in read if sample.lines[-1].at >= onset), next(iter(read), None))
    if telling is None:
        return OpenLogs(group, onset) if group else None
    first = str(telling.group)
    at = next((line.at for line in telling.lines if line.at >= onset), telling.lines[0].at)
    groups = dict.fromkeys((*(str(sample.group) for sample in read), group))
    return OpenLogs(first, at, tuple(each for each in groups if each and each != first))
