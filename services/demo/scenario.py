"""Times are seconds of the world's clock after its beginning; negative is before it."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from services.clock import Clock
from services.demo.effects import EffectModel, OrdinaryEffect
from services.demo.incident_effects import IncidentEffect
from services.demo.scenario_facts import AnyFact

F = TypeVar("F")
FOLDER = Path(__file__).parent / "scenarios"
TOKYO = ZoneInfo("Asia/Tokyo")
_SATURDAY = 5


AnyEffect = Annotated[OrdinaryEffect | IncidentEffect, Field(discriminator="kind")]


class Words(EffectModel):
    title: str
    watch: str
    """What to watch for."""


class Scenario(EffectModel):
    name: str
    ja: Words
    en: Words
    start: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    """The world's hour at its beginning (JST), on the newest weekday; None: the machine's own time."""
    seed: int = 1
    empty: bool = False
    """The account has no system; tests create one."""
    free_storage_gib: float = 62.0
    effects: tuple[AnyEffect, ...] = ()
    facts: tuple[AnyFact, ...] = ()
    """What the account has from the beginning, in addition to the contents of every world."""
    causes: tuple[str, ...] = ()
    """What is wrong in a drawn incident: names of files in `services/demo/incidents`."""
    red_herrings: tuple[str, ...] = ()

    def facts_of(self, kind: type[F]) -> tuple[F, ...]:
        return tuple(fact for fact in self.facts if isinstance(fact, kind))

    def origin(self, now: datetime) -> datetime:
        if self.start is None:
            return now
        hour, minute = map(int, self.start.split(":"))
        origin = now.astimezone(TOKYO).replace(hour=hour, minute=minute, second=0, microsecond=0)
        while origin.weekday() >= _SATURDAY:
            origin -= timedelta(days=1)
        return origin.astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class ScenarioRun:
    scenario: Scenario
    clock: Clock
    began: datetime
    """The zero of the scenario's times (aware, UTC)."""

    @property
    def now(self) -> datetime:
        """The world's time (aware, UTC)."""
        return self.clock.now()

    def time_of(self, seconds: float) -> datetime:
        return self.began + timedelta(seconds=seconds)


EMPTY = Scenario(name="empty", ja=Words(title="", watch=""), en=Words(title="", watch=""), empty=True)


def load(name: str) -> Scenario:
    """The scenario called `name`. Raises LookupError for an unknown one, ValueError for a bad file."""
    if name == EMPTY.name:
        return EMPTY
    path = FOLDER / f"{name}.toml"
    if not name.replace("-", "a").isalnum() or not path.is_file():
        names = ", ".join(sorted(file.stem for file in FOLDER.glob("*.toml")))
        raise LookupError(f"no scenario {name!r}; there are: {names}")
    return Scenario(name=name, **tomllib.loads(path.read_text("utf-8")))
