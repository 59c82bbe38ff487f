from services.demo.account import REGION
from services.demo.scenario import ScenarioRun
from services.demo.scenario_facts import Recovery


class RecoveryRegion:
    def __init__(self, run: ScenarioRun) -> None:
        fact = next(iter(run.scenario.facts_of(Recovery)), Recovery(kind="recovery"))
        self._fact = fact
        self.minutes_behind = fact.minutes_behind

    def has_copies(self, region: str) -> int:
        return self._fact.copies if region == self._fact.region else 0

    def replicates(self, region: str) -> bool:
        return self._fact.replicated and region == self._fact.region

    def has_groups(self, region: str) -> bool:
        return region == REGION or (self._fact.groups and region == self._fact.region)
