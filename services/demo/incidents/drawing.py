"""Draws an incident by a seed from descriptions of causes and red herrings: one TOML file each, beside this module.

A description says what AWS shows when something really goes wrong, in ranges; it knows nothing of how it is judged.
`{ from = 1, to = 3 }` is a number between, `{ one_of = [...] }` one of the values, `"$name"`, `"$name+30"` or
`"$name-30"` a value of `[values]`; an effect or fact with `chance` happens only so often; one of `[[ways]]` is drawn.
Times are seconds after the beginning of the incident.
"""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from services.demo.scenario import Scenario, Words, load

FOLDER = Path(__file__).parent
ALARMS = {
    "alb-5xx": "alb-5xx-error-rate",
    "alb-latency": "alb-latency-high",
    "ecs-cpu": "ecs-cpu-high",
    "ecs-memory": "ecs-memory-high",
    "rds-connections": "rds-connections-high",
    "rds-cpu": "rds-cpu-high",
    "rds-storage": "rds-storage-low",
}
"""The alarm of each scenario that can be drawn."""
LEAD = 60.0  # Seconds from the beginning of a drawn scenario to that of its incident
_HERRINGS = "red-herrings"
_HOURS = {"from": 9.2, "to": 16.4}
_REFERENCE = re.compile(r"\$([a-z_]+)([+-]\d+(?:\.\d+)?)?")
_WATCH = {
    "ja": "原因は乱数の種で決まり、関係のない出来事も混ざる。何が起きたのかを手順書に沿って見きわめる。",
    "en": "The seed decides the cause, and what else happens that has nothing to do with it. Find out what is wrong.",
}


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def causes(scenario: str) -> list[str]:
    """The causes that set off the alarm of a scenario. Raises LookupError if it cannot be drawn."""
    if scenario not in ALARMS:
        raise LookupError(f"{scenario!r} has no causes to draw; there are: {', '.join(ALARMS)}")
    names = sorted(path.stem for path in FOLDER.glob("*.toml") if path.stem != _HERRINGS)
    return [name for name in names if _ways(name, scenario)]


def _ways(cause: str, scenario: str) -> list[dict[str, Any]]:
    whole = _read(cause)
    ways = whole.get("ways", [{}])
    return [way for way in ways if scenario in way.get("scenarios", whole.get("scenarios", ()))]


def draw(scenario: str, seed: int, names: Iterable[str] | None = None, lead: float = LEAD) -> Scenario:
    """The scenario that the seed makes of these causes, or of one that it chooses; none is a day without an
    incident. Raises LookupError if the scenario cannot be drawn or a cause does not set off its alarm."""
    possible = causes(scenario)
    chosen_causes = (Random(f"{scenario} {seed}").choice(possible),) if names is None else tuple(names)
    random = Random(f"{scenario} {seed} {chosen_causes}")
    parts, hours = [], _HOURS
    for name in chosen_causes:
        if name not in possible:
            raise LookupError(f"{name!r} does not set off the alarm of {scenario!r}")
        way = random.choice(_ways(name, scenario))
        hours = way.get("hour", _read(name).get("hour", hours))
        parts.append(_merged(_read(name), way))
    herrings = random.sample(_read(_HERRINGS)["herrings"], k=random.choice((0, 1, 1, 2, 2, 3)))
    lists: dict[str, list[Any]] = {"effects": [], "facts": []}
    settings: dict[str, Any] = {}
    for part in [*parts, *herrings]:
        values: dict[str, Any] = {}
        for name, value in part.get("values", {}).items():
            values[name] = _resolve(value, random, values)
        settings |= _resolve(part.get("settings", {}), random, values)
        for list_name, entries in lists.items():
            entries += _entries(part.get(list_name, ()), random, values, lead)
    hour, words = _resolve(hours, random, {}), load(scenario)
    return Scenario(
        name=scenario,
        ja=Words(title=words.ja.title, watch=_WATCH["ja"]),
        en=Words(title=words.en.title, watch=_WATCH["en"]),
        start=f"{int(hour):02d}:{int(hour * 60) % 60:02d}",
        seed=seed,
        causes=chosen_causes,
        red_herrings=tuple(each["id"] for each in herrings),
        **lists,
        **settings,
    )


def _merged(whole: dict[str, Any], way: dict[str, Any]) -> dict[str, Any]:
    return {
        "values": whole.get("values", {}) | way.get("values", {}),
        "settings": whole.get("settings", {}) | way.get("settings", {}),
        "effects": [*whole.get("effects", ()), *way.get("effects", ())],
        "facts": [*whole.get("facts", ()), *way.get("facts", ())],
    }


def _entries(
    entries: Iterable[dict[str, Any]], random: Random, values: dict[str, Any], lead: float
) -> list[dict[str, Any]]:
    rows = []
    for entry in entries:
        happens = random.random() < entry.get("chance", 1.0)
        row = _resolve({key: value for key, value in entry.items() if key != "chance"}, random, values)
        if "at" in row:
            row["at"] += lead
        if happens:
            rows.append(row)
    return rows


def _resolve(value: Any, random: Random, values: dict[str, Any]) -> Any:
    if isinstance(value, str) and (match := _REFERENCE.fullmatch(value)):
        other = values[match[1]]
        return other + float(match[2]) if match[2] else other
    if isinstance(value, list):
        return [_resolve(each, random, values) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"from", "to"}:
        low, high = _resolve(value["from"], random, values), _resolve(value["to"], random, values)
        return (
            random.randint(low, high)
            if isinstance(low, int) and isinstance(high, int)
            else random.uniform(low, high)
        )
    if value.keys() == {"one_of"}:
        return _resolve(random.choice(value["one_of"]), random, values)
    return {key: _resolve(each, random, values) for key, each in value.items()}
