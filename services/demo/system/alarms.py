"""The alarms of the runbook's system, `alarms.json` (Put…Alarm requests), and the mute rule of a scenario."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.demo.account import ACCOUNT, REGION, own_names
from services.demo.cloudwatch.alarms.mutes import MuteRule, MuteRuleStore, parse_schedule
from services.demo.cloudwatch.alarms.records import Kind
from services.demo.cloudwatch.alarms.store import AlarmStore
from services.demo.scenario import Scenario, ScenarioRun
from services.demo.scenario_facts import AlarmFact
from services.demo.system.english import in_language

_FILE = Path(__file__).with_suffix(".json")


def create_alarms(alarms: AlarmStore, run: ScenarioRun, at: datetime, language: str = "ja") -> None:
    for kind, settings in _requests(run.scenario):
        alarms.put(kind, in_language(settings, language), at=at)
    _mute(alarms.mutes, run)


def _requests(scenario: Scenario) -> Iterator[tuple[Kind, dict[str, Any]]]:
    states = {fact.name: fact.state for fact in scenario.facts_of(AlarmFact)}
    requests: dict[Kind, list[dict[str, Any]]] = json.loads(own_names(_FILE.read_text("utf-8")))
    for kind, alarms in requests.items():
        for settings in alarms:
            state = states.get(settings["AlarmName"])
            if state != "missing":
                yield kind, settings | ({"ActionsEnabled": False} if state == "disabled" else {})


def _mute(rules: MuteRuleStore, run: ScenarioRun) -> None:
    muted = [fact.name for fact in run.scenario.facts_of(AlarmFact) if fact.state == "muted"]
    if not muted:
        return
    began = (run.began - timedelta(hours=1)).replace(second=0, microsecond=0)
    schedule = {"Expression": f"at({began:%Y-%m-%dT%H:%M})", "Duration": "P10D", "Timezone": "UTC"}
    settings = {
        "Name": "maintenance-work",
        "Rule": {"Schedule": schedule},
        "MuteTargets": {"AlarmNames": muted},
    }
    rule = MuteRule("maintenance-work", REGION, ACCOUNT, settings, parse_schedule(schedule), began)
    rules.rules[REGION, rule.name] = rule
