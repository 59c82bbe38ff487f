"""What a look at the firewall gathers on its way: each part adds what it saw, or why it could not see."""

from dataclasses import dataclass, field

from services.aws.client.errors import AwsError
from services.models.findings import Evidence, Measure
from services.models.problem import Problem
from services.models.verdict import Verdict


@dataclass(slots=True)
class Notes:
    """Parts of a finding."""

    measures: list[Measure] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    problem: Problem | None = None
    """The first thing that went wrong."""

    def unread(self, error: AwsError, what: str) -> None:
        """A part could not be read: say which and why, with the missing permission."""
        self.problem = self.problem or error.problem
        self.remarks.append(f"{what}: {error.problem.said}")

    def unjudged(self, title: str) -> None:
        """A measure that nobody can give."""
        self.measures.append(Measure(title=title, shown="", verdict=Verdict.UNKNOWN))

    def table(self, evidence: Evidence) -> None:
        """Keep a table unless it is empty."""
        if evidence.rows:
            self.evidence.append(evidence)
