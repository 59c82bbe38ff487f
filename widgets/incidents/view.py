from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from services.models.assess_answer import AssessedResource
from services.models.causes import Assessment, CauseSpec
from services.models.first_wave import IncidentEvidence
from services.models.incidents import Incident, IncidentClock, RecoveryCheck, StepKind, StepMark, TimelineRow
from services.models.runbook_playbooks import Playbook


@dataclass(frozen=True, slots=True)
class IncidentView:
    incident: Incident
    playbook: Playbook | None = None
    kinds: tuple[StepKind, ...] = ()
    places: tuple[str, ...] = ()  # Where the steps and the actions for causes lead, in words; "" for nowhere
    clocks: tuple[IncidentClock, ...] = ()
    evidence: IncidentEvidence | None = None
    """The newest reading, with what was captured and is not in it; `assessment` weighs it."""
    assessment: Assessment | None = None
    resource: AssessedResource | None = None  # The alarm's own resource, if it is none of the system's
    reason: str = ""  # Why its first cause is the first, a sentence each fact; "" if nothing speaks for any
    advised: str = ""
    """Id of the place, inspection or change to which the advice about the first cause leads; "": nowhere."""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """What became of the newest change of each kind that was sent since it began, to the target that the kind leads to."""
    shows_numbers: bool = False  # Whether scores and weights are drawn
    specs: Mapping[str, CauseSpec] = field(default_factory=dict)  # The weighed causes by their ids
    timeline: tuple[TimelineRow, ...] = ()
    undecided: tuple[str, ...] = ()  # Roles that the playbook calls for and that nobody can reach
    joinable: tuple[Incident, ...] = ()  # Incidents that may be the same one
    joined_title: str = ""  # Title of the incident that this one is part of; "" for none
    checks: tuple[RecoveryCheck, ...] = ()  # The conditions of recovery as last judged; () if they were not
    telling: tuple[tuple[str, str], ...] = ()  # What a tell step needs: (heading, text of several lines)
    zone: tzinfo = UTC
    trouble: str = ""  # Why the evidence cannot be shown; "" if it can, or there is none yet

    def mark(self, index: int) -> StepMark:
        record = next((each for each in self.incident.steps if each.index == index), None)
        return record.mark if record is not None else StepMark.TODO

    @property
    def next_step(self) -> int:
        return self.step_after(-1) or 0

    def step_after(self, index: int) -> int | None:
        count = len(self.playbook.steps) if self.playbook is not None else 0
        return next((at for at in range(index + 1, count) if self.mark(at) is StepMark.TODO), None)

    def role_of(self, index: int) -> str:
        """The role that a step tells; "" for none."""
        steps = self.playbook.steps if self.playbook is not None else ()
        return str(steps[index].to) if index < len(steps) else ""

    @property
    def onset(self) -> datetime:
        if self.assessment is not None:
            return self.assessment.onset.at
        # The answers to an attack's questions know when it began.
        return self.evidence.alarm.since if self.evidence is not None else self.incident.since

    def cause_title(self, id: str) -> str:
        return self.specs[id].title if id in self.specs else id
