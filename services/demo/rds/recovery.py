"""What the region in which the system is recovered has of the database."""

from services.demo.account import REGION
from services.demo.scenario import ScenarioRun
from services.demo.scenario_facts import Recovery


class RecoveryRegion:
    """What the region of recovery has, by the scenario's facts."""

    def __init__(self, run: ScenarioRun) -> None:
        fact = next(iter(run.scenario.facts_of(Recovery)), Recovery(kind="recovery"))
        self._fact = fact
        self.minutes_behind = fact.minutes_behind

    def has_copies(self, region: str) -> int:
        """How many snapshots were copied to a region."""
        return self._fact.copies if region == self._fact.region else 0

    def replicates(self, region: str) -> bool:
        """Whether automated backups are replicated to a region."""
        return self._fact.replicated and region == self._fact.region

    def has_groups(self, region: str) -> bool:
        """Whether a region has the database's parameter and subnet groups."""
        return region == REGION or (self._fact.groups and region == self._fact.region)
