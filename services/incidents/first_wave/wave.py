from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.models.alarms import AlarmOverview
from services.models.first_wave import AlarmMoment, IncidentEvidence, Source, SourceReading
from services.models.incidents import Incident
from services.models.problem import Problem
from services.models.runbook import Runbook

Fields = Mapping[str, Any]
ReadWave = Callable[[Incident], Awaitable[IncidentEvidence]]
"""Reads the first wave about an incident; raises nothing but cancellation."""


@dataclass(frozen=True, slots=True)
class Answered:
    fields: Fields = field(default_factory=dict)
    cut: str = ""
    """What of it was not read; "" if it is whole."""


@dataclass(frozen=True, slots=True)
class Outcome:
    reading: SourceReading
    fields: Fields = field(default_factory=dict)


class Unanswered(Exception):
    """A source was not asked, or cannot tell, and why; `problem` is that of another on which it depends."""

    def __init__(self, why: str, problem: Problem | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Wave:
    alarm: AlarmMoment
    runbook: Runbook
    region: str
    """The region that the session reads."""
    service_name: str
    """The ECS service that the alarm is about; "" if the runbook names none."""
    began: datetime
    outcome: Callable[[Source], Awaitable[Outcome]]
    """The outcome of another source, once it is there."""
    alarms: AlarmOverview | None = None
    """The newest reading of the alarms; None if there is none."""

    @property
    def service_names(self) -> tuple[str, str]:
        """(cluster, service)"""
        assert self.runbook.ecs is not None
        return self.runbook.ecs.cluster, self.service_name

    @property
    def instance(self) -> str:
        assert self.runbook.rds is not None
        return self.runbook.rds.instance
