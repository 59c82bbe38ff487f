import tomllib
from dataclasses import dataclass
from pathlib import Path

from services.demo import launch

_FILE = Path(launch.__file__).with_name("systems.toml")


@dataclass(frozen=True, slots=True)
class FurtherSystem:
    """One entry of `services/demo/systems.toml`."""

    name: str  # The first part of its id and of its resources' names
    account: str
    title: str
    en: str  # Its title in English
    scenario: str
    ahead: float = 0.0  # Seconds that the scenario has run at the start

    @property
    def id(self) -> str:
        return f"{self.name}-prod"


def further_systems(count: int) -> tuple[FurtherSystem, ...]:
    entries = tomllib.loads(_FILE.read_text("utf-8"))["systems"]
    return tuple(FurtherSystem(**entry) for entry in entries[:count])
