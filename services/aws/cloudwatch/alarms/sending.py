"""Whether an alarm's going to ALARM sends something to a person, by itself or through composite alarms. Pure.

Source: PutCompositeAlarm (Amazon CloudWatch API reference); "Composite alarms", "Alarm suppression" (Amazon CloudWatch
User Guide). A composite alarm is in ALARM where its rule holds, else OK, and sends when it goes to ALARM unless its
suppressor is in ALARM then. The suppressor's wait and extension periods only delay that.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from services.aws.cloudwatch.alarms.actions import reaches_somebody
from services.aws.cloudwatch.alarms.diagrams import FALSE, TRUE, VALUES, Diagrams, TooLarge
from services.aws.cloudwatch.alarms.parsing import alarm_name
from services.aws.cloudwatch.alarms.rules import Condition, InState, parsed
from services.models.alarms import Alarm, AlarmKind, AlarmState

MOST_STEPS = 60_000
"""Steps for one alarm: about a quarter of a second. A hundred alarms joined in any one way need some thousands."""
NAMED = 5
"""Names in one text at most."""
When = Literal["always", "already", "together", "never", "unknown"]
Doubt = Literal["", "alarm", "rule", "missing", "cycle", "size", "actions"]
Reaches = Callable[[str], bool | None]


@dataclass(frozen=True, slots=True)
class Sending:
    """Whether something is sent when an alarm goes to ALARM."""

    when: When
    """`always`: whatever the other alarms do; `already`: unless a composite alarm that sends for it is in ALARM already;
    `together`: only with certain states of others; `never`; `unknown`: see `doubt`."""
    through: tuple[str, ...] = ()
    """The composite alarms that send something for it."""
    others: tuple[str, ...] = ()
    """For `together`: the alarms on whose states it depends whether it sends."""
    needs: tuple[tuple[str, frozenset[AlarmState]], ...] = ()
    """For `together`: alarms on which it depends whether anybody has been told then, and the states that allow it."""
    doubt: Doubt = ""
    """Why it is unknown: an alarm or a rule that cannot be read, names that AWS does not have, a cycle, its size, or whether
    actions are enabled."""
    doubtful: tuple[str, ...] = ()
    """The composite alarms that are in doubt."""
    unproven: tuple[str, ...] = ()
    """Actions that count although it is not known whether they reach a person."""


def sending(name: str, alarms: Iterable[Alarm], *, reaches: Reaches = reaches_somebody) -> Sending:
    """Whether going to ALARM sends something, for the alarm of this name; `alarms` are all that there are.

    `reaches`: whether the action of this ARN reaches a person; None: not known, and counted as if.
    """
    by_id = {str(alarm.id): alarm for alarm in alarms if alarm.state is not AlarmState.MISSING}
    composites = [alarm for alarm in by_id.values() if alarm.kind is AlarmKind.COMPOSITE]
    return Senders(by_id, composites, reaches).sending(name)


class Senders:
    """The composite alarms of an account and region, and what they say of each alarm."""

    def __init__(
        self,
        alarms: Mapping[str, Alarm],
        composites: Iterable[Alarm],
        reaches: Reaches = reaches_somebody,
        *,
        complete: bool = True,
    ) -> None:
        """`complete`: what is not among the alarms does not exist."""
        self._alarms = alarms
        self._reaches = reaches
        self._complete = complete
        self.composites = {str(alarm.id): alarm for alarm in composites}
        self._parents: dict[str, list[str]] = {}
        self._unreadable: dict[str, str] = {}
        """The texts of rules that cannot be read, as they are and without backslashes."""
        for id, alarm in self.composites.items():
            if (rule := parsed(alarm.rule)) is None:
                self._unreadable[id] = "\n".join((alarm.rule, re.sub(r"\\(.)", r"\1", alarm.rule)))
            for name in rule[1] if rule else ():
                self._parents.setdefault(name, []).append(id)

    @property
    def missing(self) -> frozenset[str]:
        """What composite alarms name, and AWS does not have."""
        suppressors = (alarm_name(alarm.suppressor) for alarm in self.composites.values())
        return frozenset(name for name in (*self._parents, *suppressors) if name and not self._exists(name))

    def speakers(self, name: str) -> list[str]:
        """The composite alarms with actions that reach somebody, and whose rules name the alarm, at any depth."""
        above, open_names = {name: None}, [name]
        while open_names:
            below = open_names.pop()
            for parent in self._parents_of(below):
                if parent not in above:
                    above[parent] = None
                    open_names.append(parent)
        return sorted(id for id in above if id != name and self.speaks(self.composites[id]) is not False)

    def speaks(self, alarm: Alarm) -> bool | None:
        """Whether the alarm's own actions reach somebody when it goes to ALARM; None: not known if they are enabled."""
        unnamed = alarm.has_actions and not alarm.alarm_actions
        reaches = unnamed or any(self._reaches(arn) is not False for arn in people(alarm))
        if not reaches or alarm.muted_by or alarm.actions_enabled is False:
            return False
        return None if alarm.actions_enabled is None else True

    def sending(self, name: str) -> Sending:
        """Whether going to ALARM sends something."""
        own = self._alarms.get(name)
        if own is None:
            return Sending("unknown", doubt="alarm")
        speaks = self.speaks(own)
        if speaks and not (own.suppressor and own.kind is AlarmKind.COMPOSITE):
            return Sending("always", unproven=self._unproven([own]))
        doubts = {id: self._doubt(id, name) for id in self.speakers(name)}
        if speaks is not False:
            doubts[name] = self._doubt(name, name)
        try:
            answer = _Question(self, own, [id for id, doubt in doubts.items() if not doubt]).answer()
        except (TooLarge, RecursionError):
            return Sending("unknown", doubt="size", doubtful=tuple(doubts))
        doubtful = [id for id, doubt in doubts.items() if doubt]
        if doubtful and answer.when != "always":
            return Sending("unknown", doubt=doubts[doubtful[0]], doubtful=tuple(doubtful))
        ids = (*answer.through, *([name] if speaks else ()))
        return replace(answer, unproven=self._unproven(self._alarms[id] for id in ids))

    def order(self, roots: Iterable[str], cut: str) -> Iterable[str]:
        """The composite alarms on which these depend, with them, parts first; nothing below `cut`. Raises CycleError."""
        graph: dict[str, list[str]] = {}
        open_ids = [id for id in roots if id in self.composites]
        while open_ids:
            id = open_ids.pop()
            if id in graph:
                continue
            rule = None if id == cut else parsed(self.composites[id].rule)
            graph[id] = [part for part in (rule[1] if rule else ()) if part in self.composites]
            open_ids += graph[id]
        return TopologicalSorter(graph).static_order()

    def _parents_of(self, name: str) -> Iterator[str]:
        yield from self._parents.get(name, ())
        # A rule that cannot be read may name any alarm whose name is in its text.
        yield from (id for id, text in self._unreadable.items() if name in text)

    def _doubt(self, id: str, cut: str) -> Doubt:
        """Why it is unknown when the composite alarm sends."""
        alarm = self._alarms.get(id)
        if alarm is None or self.speaks(alarm) is None:
            return "actions"
        suppressor = alarm_name(alarm.suppressor)
        if suppressor and not self._exists(suppressor):
            return "missing"
        try:
            parts = list(self.order((id, suppressor), cut))
        except CycleError:
            return "cycle"
        rules = [parsed(self.composites[part].rule) for part in parts if part != cut]
        if None in rules:
            return "rule"
        return "" if all(self._exists(name) for rule in rules if rule for name in rule[1]) else "missing"

    def _exists(self, name: str) -> bool:
        return name in self._alarms or not self._complete

    def _unproven(self, alarms: Iterable[Alarm]) -> tuple[str, ...]:
        actions = dict.fromkeys(str(arn) for alarm in alarms for arn in people(alarm))
        answers = {arn: self._reaches(arn) for arn in actions}
        return () if True in answers.values() else tuple(arn for arn in actions if answers[arn] is None)


def people(alarm: Alarm) -> list[str]:
    """Its actions that can reach a person."""
    return [str(arn) for arn in alarm.alarm_actions if reaches_somebody(arn)]


class _Question:
    """One alarm, and the composite alarms that may send for it."""

    def __init__(self, senders: Senders, own: Alarm, speakers: Collection[str]) -> None:
        self._own = own
        self._name = str(own.id)
        self._diagrams = Diagrams(MOST_STEPS)
        # The alarm comes first in every condition, so that its state is looked up, not computed.
        self._values: dict[str, int] = {self._name: self._diagrams.in_state(self._name, (AlarmState.ALARM,))}
        self._speakers = {id: alarm_name(senders.composites[id].suppressor) for id in speakers}
        self._composites = senders.composites
        roots = [root for pair in self._speakers.items() for root in pair]
        for id in senders.order(roots, self._name):
            rule = parsed(senders.composites[id].rule)
            if id != self._name and rule is not None:
                self._values[id] = self._condition(rule[0])

    def answer(self) -> Sending:
        diagrams = self._diagrams
        is_composite = self._name in self._composites
        starts = (AlarmState.OK,) if is_composite else (AlarmState.OK, AlarmState.INSUFFICIENT)
        sends, heard, through = TRUE, TRUE, []
        for start in starts:
            goes = already = FALSE
            for id, suppressor in self._speakers.items():
                before, after = self._value(id, start), self._value(id, AlarmState.ALARM)
                goes_off = diagrams.both(diagrams.negation(before), after)
                if suppressor:
                    is_suppressed = self._value(suppressor, AlarmState.ALARM)
                    goes_off = diagrams.both(goes_off, diagrams.negation(is_suppressed))
                goes = diagrams.either(goes, goes_off)
                if len({self._value(id, state) for state in VALUES}) > 1:
                    already = diagrams.either(already, diagrams.both(before, after))
                if goes_off != FALSE and id != self._name:
                    through.append(id)
            sends = diagrams.both(sends, goes)
            heard = diagrams.both(heard, diagrams.either(goes, already))
        if sends == FALSE:
            return Sending("never")
        names = tuple(dict.fromkeys(through))
        if heard == TRUE:
            return Sending("always" if sends == TRUE else "already", names)
        others = tuple(diagrams.support(sends))
        return Sending("together", names, others, tuple(self._needs(heard)))

    def _value(self, id: str, state: AlarmState | None = None) -> int:
        """When another alarm is in ALARM, given this one's state."""
        value = self._values.get(id)
        value = self._diagrams.in_state(id, (AlarmState.ALARM,)) if value is None else value
        return value if state is None else self._diagrams.given(value, state)

    def _needs(self, condition: int) -> Iterator[tuple[str, frozenset[AlarmState]]]:
        diagrams = self._diagrams
        for name in list(diagrams.support(condition))[: NAMED + 1]:
            with_state = {state: diagrams.in_state(name, (state,)) for state in VALUES}
            allowed = (
                state for state, is_in in with_state.items() if diagrams.both(is_in, condition) != FALSE
            )
            yield name, frozenset(allowed)

    def _condition(self, condition: Condition) -> int:
        if not isinstance(condition, InState):
            return self._diagrams.at_least(
                condition.count, [self._condition(part) for part in condition.parts]
            )
        name, states = condition.name, condition.states
        if name not in self._composites:
            return self._diagrams.in_state(name, states)
        # A composite alarm has no data only right after it was made.
        then, otherwise = (TRUE if state in states else FALSE for state in (AlarmState.ALARM, AlarmState.OK))
        return self._diagrams.choice(self._value(name), then, otherwise)
