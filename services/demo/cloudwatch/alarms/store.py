"""Every alarm of the embedded AWS: definitions, evaluation, history, mute rules. Source: PutMetricAlarm,
PutCompositeAlarm, SetAlarmState (Amazon CloudWatch API reference)."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.demo.account import ACCOUNT, REGION
from services.demo.cloudwatch.alarms import metric_alarm
from services.demo.cloudwatch.alarms.mutes import MuteRuleStore
from services.demo.cloudwatch.alarms.records import AlarmHistory, DemoAlarm, Kind
from services.demo.cloudwatch.alarms.states import State, alarm_name, parse_rule, stamp
from services.demo.cloudwatch.math_expressions import MathError
from services.demo.cloudwatch.store import MetricStore
from services.demo.scenario import ScenarioRun


class AlarmStore:
    """Alarms by (region, name). `evaluate` is called once per simulated minute, in order."""

    def __init__(self, store: MetricStore, run: ScenarioRun) -> None:
        self._store = store
        self._run = run
        self.alarms: dict[tuple[str, str], DemoAlarm] = {}
        self.history = AlarmHistory()
        self.mutes = MuteRuleStore()

    def get(self, name: str, region: str = REGION) -> DemoAlarm | None:
        return self.alarms.get((region, alarm_name(name)))

    def put(
        self, kind: Kind, settings: dict[str, Any], *, region: str = REGION, at: datetime | None = None
    ) -> DemoAlarm:
        """Create or redefine an alarm from a valid Put…Alarm request; its state stays. A log alarm is never evaluated."""
        at = at or self._run.now
        settings = {
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [],
            "InsufficientDataActions": [],
            **{name: value for name, value in settings.items() if name != "Tags"},
        }
        name = settings["AlarmName"]
        alarm = self.alarms.get((region, name))
        if alarm is not None and alarm.kind == kind:
            alarm.configure(settings, at)
            self.history.configured(alarm, at, "updated")
            return alarm
        alarm = DemoAlarm(kind, name, region, ACCOUNT, settings, at, at, at)
        self.alarms[region, name] = alarm
        self.history.configured(alarm, at, "created")
        return alarm

    def delete(self, alarm: DemoAlarm) -> None:
        del self.alarms[alarm.region, alarm.name]
        self.history.configured(alarm, self._run.now, "deleted")

    def enable_actions(self, alarm: DemoAlarm, enabled: bool) -> None:
        if alarm.settings["ActionsEnabled"] is not enabled:
            at = self._run.now
            alarm.configure({**alarm.settings, "ActionsEnabled": enabled}, at)
            self.history.configured(alarm, at, "updated")

    def children(self, alarm: DemoAlarm) -> list[DemoAlarm]:
        if alarm.kind != "CompositeAlarm":
            return []
        names = parse_rule(alarm.settings["AlarmRule"]).children
        alarms = (self.get(name, alarm.region) for name in names)
        return [child for child in alarms if child is not None]

    def parents(self, alarm: DemoAlarm) -> list[DemoAlarm]:
        return [other for other in self.alarms.values() if alarm in self.children(other)]

    def evaluate(self, at: datetime) -> None:
        """Evaluate every alarm as of `at`: the datapoints of the minutes that ended by then."""
        self.release_muted(at)
        composites = []
        for alarm in self.alarms.values():
            if alarm.configured > at or alarm.warming_up(at) or alarm.kind == "LogAlarm":
                continue
            if alarm.kind == "CompositeAlarm":
                composites.append(alarm)
            else:
                self._evaluate_single(alarm, at)
        # A composite may watch composites: repeat until no change travels up. The number of rounds ends a cycle.
        for _ in composites:
            moved = [alarm for alarm in composites if self._evaluate_composite(alarm, at)]
            if not moved:
                break
        for alarm in composites:
            self._release(alarm, at)

    def release_muted(self, at: datetime) -> None:
        for alarm in self.alarms.values():
            was_muted, alarm.muted = alarm.muted, self.mutes.muted(alarm.region, alarm.name, at)
            if was_muted and not alarm.muted and alarm.state is State.ALARM and not alarm.suppressed:
                self._act(alarm, at)

    def _evaluate_single(self, alarm: DemoAlarm, at: datetime) -> None:
        try:
            outcome = metric_alarm.evaluate(alarm, self._store, at)
        except MathError as error:
            if alarm.evaluation_state != "EVALUATION_ERROR":
                alarm.evaluation_state = "EVALUATION_ERROR"
                alarm.updated = at
                alarm.reason = f"Evaluation error: {error}"
            return
        alarm.evaluation_state = ""
        if outcome is not None:
            self.set_state(alarm, *outcome, at)

    def _evaluate_composite(self, alarm: DemoAlarm, at: datetime) -> bool:
        children = self.children(alarm)
        current = tuple((child.name, child.state, child.transitioned) for child in children)
        if current == alarm.child_states:
            return False
        before, alarm.child_states = alarm.child_states, current
        states = {child.name: child.state for child in children}
        fires = parse_rule(alarm.settings["AlarmRule"]).check(lambda name: states.get(alarm_name(name)))
        state = State.ALARM if fires else State.OK
        if state is alarm.state:
            return False
        changed = [child for child, now in zip(children, current, strict=True) if now not in (before or ())]
        if before is None or not changed:
            verb = "created" if alarm.state is State.INSUFFICIENT else "updated"
            reason = f"{alarm.arn} was {verb} and its alarm rule evaluates to {state}"
            self.set_state(alarm, state, reason, _triggering(children), at)
        else:
            culprit = max(changed, key=lambda child: child.transitioned)
            moment = f"{culprit.transitioned:%A %d %B, %Y %H:%M:%S} UTC"
            reason = f"{culprit.arn} transitioned to {culprit.state} at {moment}"
            self.set_state(alarm, state, reason, _triggering([culprit]), at)
        return True

    def set_state(
        self, alarm: DemoAlarm, state: State, reason: str, reason_data: str = "", at: datetime | None = None
    ) -> None:
        """Set a state; a metric alarm returns to its own at the next evaluation."""
        at = at or self._run.now
        old = (alarm.state, alarm.reason, alarm.reason_data)
        changed = state is not alarm.state
        alarm.state, alarm.reason, alarm.reason_data, alarm.updated = state, reason, reason_data, at
        if not changed:
            return
        alarm.transitioned = at
        self.history.transition(alarm, at, old, (state, reason, reason_data))
        alarm.suppressed = self._suppressor_fires(alarm)
        if not alarm.suppressed:
            self._act(alarm, at)

    def _act(self, alarm: DemoAlarm, at: datetime) -> None:
        if alarm.settings["ActionsEnabled"] and not self.mutes.muted(alarm.region, alarm.name, at):
            for arn in alarm.actions:
                self.history.action(alarm, at, arn)

    def _suppressor_fires(self, alarm: DemoAlarm) -> bool:
        suppressor = alarm.settings.get("ActionsSuppressor")
        other = self.get(suppressor, alarm.region) if suppressor else None
        return other is not None and other.state is State.ALARM

    def _release(self, alarm: DemoAlarm, at: datetime) -> None:
        if alarm.suppressed and not self._suppressor_fires(alarm):
            alarm.suppressed = False
            self._act(alarm, at)


def _triggering(alarms: Iterable[DemoAlarm]) -> str:
    rows = [
        {"arn": alarm.arn, "state": {"value": alarm.state.value, "timestamp": stamp(alarm.transitioned)}}
        for alarm in alarms
    ]
    return json.dumps({"triggeringAlarms": rows[:10]}, separators=(",", ":"))
