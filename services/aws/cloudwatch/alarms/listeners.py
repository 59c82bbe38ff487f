"""Marks alarms with what going to ALARM sends, and to whom, where their own actions do not say it."""

import asyncio
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.alarms.actions import reaches_somebody, topic_names
from services.aws.cloudwatch.alarms.diagrams import FALSE, TRUE, VALUES, Diagrams, DiagramTooLarge
from services.aws.cloudwatch.alarms.parsing import alarm_name
from services.aws.cloudwatch.alarms.rules import condition, parsed
from services.aws.cloudwatch.alarms.subscriptions import TopicSubscriptions
from services.i18n import N_, _
from services.models.alarms import Alarm, AlarmKind, AlarmState
from services.models.runbook import Runbook
from services.models.text import clean

# Whether an alarm's going to ALARM sends something to a person, by itself or through composite alarms. Pure.
#
# Source: PutCompositeAlarm (Amazon CloudWatch API reference); "Composite alarms", "Alarm suppression" (Amazon CloudWatch
# User Guide). A composite alarm is in ALARM where its rule holds, else OK, and sends when it goes to ALARM unless its
# suppressor is in ALARM then. The suppressor's wait and extension periods only delay that.


MOST_STEPS = 60_000
"""Steps for one alarm: about a quarter of a second. A hundred alarms joined in any one way need some thousands."""
NAMED = 5  # Names in one text at most
Doubt = Literal["", "alarm", "rule", "missing", "cycle", "size", "actions"]
Reaches = Callable[[str], bool | None]


@dataclass(frozen=True, slots=True)
class Sending:
    """Whether something is sent when an alarm goes to ALARM."""

    when: Literal["always", "already", "together", "never", "unknown"]
    """`always`: whatever the other alarms do; `already`: unless a composite alarm that sends for it is in ALARM already;
    `together`: only with certain states of others; `never`: from no state; `unknown`: see `doubt`."""
    through: tuple[str, ...] = ()  # The composite alarms that send something for it
    needs: tuple[tuple[str, frozenset[AlarmState]], ...] = ()
    """For `together`: the alarms on which it depends whether anybody has been told then, and the states that allow it."""
    doubt: Doubt = ""
    """Why it is unknown: an alarm or a rule that cannot be read, names that AWS does not have, a cycle, its size, or whether
    actions are enabled."""
    doubtful: tuple[str, ...] = ()  # The composite alarms that are in doubt


class Senders:
    def __init__(
        self,
        alarms: Mapping[str, Alarm],
        reaches: Reaches,
        *,
        composites: Collection[str] | None = None,
        complete: bool = True,
    ) -> None:
        """`reaches`: whether the action of this ARN reaches a person; None: not known, and counted as if. `composites`:
        the names of those that there are; None: all among the alarms; `complete`: no others than these alarms exist."""
        self._alarms = alarms
        self._reaches = reaches
        self._complete = complete
        names = alarms if composites is None else composites
        self._composites = {id: alarms[id] for id in names if alarms[id].kind is AlarmKind.COMPOSITE}
        self._rules = {id: parsed(alarm.rule) for id, alarm in self._composites.items()}
        self._suppressors = {id: alarm_name(alarm.suppressor) for id, alarm in self._composites.items()}
        self._parents: dict[str, list[str]] = {}
        self._unreadable: dict[str, str] = {}
        """The texts of rules that cannot be read, as they are and without backslashes."""
        for id, rule in self._rules.items():
            if rule is None:
                text = self._composites[id].rule
                self._unreadable[id] = "\n".join((text, re.sub(r"\\(.)", r"\1", text)))
            for name in rule[1] if rule else ():
                self._parents.setdefault(name, []).append(id)

    @property
    def basis(self) -> object:
        facts = ((id, each.rule, self.speaks(each), each.suppressor) for id, each in self._composites.items())
        names = {*self._parents, *self._suppressors.values()}
        return set(facts), {name for name in names if not self._exists(name)}

    def speakers(self, name: str) -> list[str]:
        above, open_names = {name}, [name]
        while open_names:
            below = open_names.pop()
            # A rule that cannot be read may name any alarm whose name is in its text.
            parents = [id for id, text in self._unreadable.items() if below in text]
            parents = [id for id in (*self._parents.get(below, ()), *parents) if id not in above]
            above.update(parents)
            open_names += parents
        return sorted(id for id in above - {name} if self.speaks(self._composites[id]) is not False)

    def speaks(self, alarm: Alarm) -> bool | None:
        """Whether the alarm's own actions reach somebody when it goes to ALARM; None: not known if they are enabled."""
        if alarm.muted_by or not any(self._reaches(arn) is not False for arn in people(alarm)):
            return False
        return alarm.actions_enabled

    def actions(self, names: Iterable[str]) -> set[str]:
        speakers = {id for name in names for id in self.speakers(name)}
        return {str(arn) for id in speakers for arn in self._composites[id].alarm_actions}

    def sending(self, name: str) -> Sending:
        own = self._alarms.get(name)
        if own is None:
            return Sending("unknown", doubt="alarm")
        speaks = self.speaks(own)
        if speaks and not own.suppressor:
            return Sending("always")
        speakers = [*self.speakers(name), *([name] if speaks is not False else [])]
        doubts: dict[str, Doubt] = {name: "", "": ""}
        try:
            why: dict[str, Doubt] = {
                id: "actions"
                if self.speaks(self._alarms[id]) is None
                else self._doubt(id, doubts) or self._doubt(self._suppressors.get(id, ""), doubts)
                for id in speakers
            }
            answer = self._answer(name, [id for id in speakers if not why[id]])
        except (DiagramTooLarge, RecursionError):
            return Sending("unknown", doubt="size", doubtful=tuple(speakers))
        doubtful = tuple(id for id in speakers if why[id])
        if doubtful and answer.when != "always":
            return Sending("unknown", doubt=why[doubtful[0]], doubtful=doubtful)
        return answer

    def _doubt(self, name: str, doubts: dict[str, Doubt]) -> Doubt:
        if name not in doubts:
            # This is what it meets if it depends on itself.
            doubts[name] = "cycle"
            rule = self._rules.get(name, ())
            doubt: Doubt = "rule" if rule is None else "" if self._exists(name) else "missing"
            parts = (self._doubt(part, doubts) for part in (rule[1] if rule else ()))
            doubts[name] = doubt or next(filter(None, parts), "")
        return doubts[name]

    def _answer(self, own: str, speakers: Collection[str]) -> Sending:
        diagrams = Diagrams(MOST_STEPS)
        choice = diagrams.choice
        starts = (AlarmState.OK,) if own in self._composites else (AlarmState.OK, AlarmState.INSUFFICIENT)
        firing = {state: self._firing(diagrams, own, state) for state in (*starts, AlarmState.ALARM)}
        always, sometimes, heard = TRUE, FALSE, TRUE
        through: set[str] = set()
        for start in starts:
            goes = goes_on = FALSE
            for id in speakers:
                before, after = firing[start](id), firing[AlarmState.ALARM](id)
                suppressor = self._suppressors.get(id, "")
                was_off, is_off = firing[start](suppressor), firing[AlarmState.ALARM](suppressor)
                goes_off = choice(before, FALSE, choice(is_off, FALSE, after))
                goes = choice(goes_off, TRUE, goes)
                if goes_off != FALSE:
                    through.add(id)
                # Of what is in ALARM whatever this alarm does, and of what is suppressed all the time, nobody was told.
                if any(each(id) != after for each in firing.values()):
                    stays = choice(before, choice(was_off, choice(is_off, FALSE, after), after), FALSE)
                    goes_on = choice(stays, TRUE, goes_on)
            always, heard = choice(goes, always, FALSE), choice(choice(goes, TRUE, goes_on), heard, FALSE)
            sometimes = choice(goes, TRUE, sometimes)
        if sometimes == FALSE:
            return Sending("never")
        names = tuple(sorted(through - {own}))
        if heard == TRUE:
            return Sending("always" if always == TRUE else "already", names)
        needs = {name: frozenset(VALUES) for name in diagrams.alarms(heard)}
        for name in list(needs)[: NAMED + 1]:
            with_state = {state: choice(diagrams.in_state(name, {state}), heard, FALSE) for state in VALUES}
            needs[name] = frozenset(state for state in VALUES if with_state[state] != FALSE)
        return Sending("together", names, tuple(needs.items()))

    def _firing(self, diagrams: Diagrams, own: str, state: AlarmState) -> Callable[[str], int]:
        values: dict[str, int] = {}

        def in_state(name: str, states: Collection[AlarmState]) -> int:
            if name == own:
                return int(state in states)
            if not (rule := self._rules.get(name)):
                return diagrams.in_state(name, states) if name else FALSE
            if name not in values:
                values[name] = condition(rule[0], diagrams, in_state)
            # A composite alarm has no data only right after it was made.
            return diagrams.choice(
                values[name], int(AlarmState.ALARM in states), int(AlarmState.OK in states)
            )

        return lambda name: in_state(name, {AlarmState.ALARM})

    def _exists(self, name: str) -> bool:
        return not (name and self._complete) or name in self._alarms


def people(alarm: Alarm) -> list[str]:
    return [str(arn) for arn in alarm.alarm_actions if reaches_somebody(arn)]


AT_ONCE = 100
"""Alarms outside the runbook about which composite alarms are evaluated in one reading; later readings continue."""
_DOUBTS: Mapping[Doubt, str] = {
    "rule": N_("the rule of {alarms} cannot be read"),
    "missing": N_("{alarms} depends on an alarm that AWS does not have, so that it is not evaluated"),
    "cycle": N_("{alarms} depends on itself, so that it is not evaluated"),
    "size": N_("the rules of {alarms} are too large to be worked out"),
    "actions": N_("AWS did not report whether the actions of {alarms} are enabled"),
}
_OK, _ALARM, _NO_DATA = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT
_NEEDS = {
    frozenset({_ALARM}): N_("{alarm} fires"),
    frozenset({_OK, _NO_DATA}): N_("{alarm} does not fire"),
    frozenset({_OK}): N_("{alarm} is OK"),
    frozenset({_NO_DATA}): N_("{alarm} has no data"),
    frozenset({_OK, _ALARM}): N_("{alarm} has data"),
    frozenset({_ALARM, _NO_DATA}): N_("{alarm} is not OK"),
}
"""What is needed of another alarm, by the states that allow it."""


class Listeners:
    def __init__(self, runbook: Runbook, subscriptions: TopicSubscriptions) -> None:
        self._for_all = runbook.heard_by
        self._declared = {str(alarm.name): alarm.heard_by for alarm in runbook.alarms if alarm.heard_by}
        self._subscriptions = subscriptions
        self._basis: object = None
        self._answers: dict[tuple[str, bool | None], Sending] = {}
        self._marked: dict[str, tuple[Alarm | None, dict[str, object], Alarm]] = {}

    async def ask(self, names: Iterable[str], alarms: Mapping[str, Alarm]) -> dict[str, AwsError]:
        """Ask about the topics to which these alarms send, themselves or through composite alarms; see `Subscriptions.ask`."""
        own = {name: alarms[name].alarm_actions for name in names if name in alarms}
        actions = {str(arn) for arns in own.values() for arn in arns}
        errors = await self._subscriptions.ask(actions)
        reaches = self._subscriptions.reaches
        if silent := [name for name, arns in own.items() if not any(map(reaches, arns))]:
            more = await asyncio.to_thread(lambda: Senders(alarms, reaches).actions(silent))
            errors = await self._subscriptions.ask(actions | more)
        return errors

    def marks(
        self, alarms: Mapping[str, Alarm], *, listed: bool = True, composites: Collection[str] | None = None
    ) -> dict[str, Alarm]:
        """Those alarms of which there is more to say; the same objects as long as that and the alarms are.
        `listed`: they are all that there are; `composites`: the names of all composite alarms; None: not
        known beside these alarms. Takes a while with many rules or alarms: for a thread."""
        senders = Senders(alarms, self._subscriptions.reaches, composites=composites, complete=listed)
        basis = senders.basis
        if basis != self._basis:
            self._basis, self._answers = basis, {}
        marked: dict[str, tuple[Alarm | None, dict[str, object], Alarm]] = {}
        left = AT_ONCE
        for name, alarm in alarms.items():
            speaks = senders.speaks(alarm)
            # A composite alarm's own suppressor, too, decides whether its own actions run.
            if alarm.scaling or (speaks and not alarm.suppressor):
                continue
            answer = self._answers.get((name, speaks))
            if answer is None:
                is_costly = not alarm.expected and bool(senders.speakers(name))
                left -= is_costly
                if is_costly and left < 0:
                    answer = Sending("unknown")
                else:
                    answer = self._answers[name, speaks] = senders.sending(name)
            if not (listed or composites is not None or answer.when in ("always", "already")):
                answer = Sending("unknown")
            if marks := self._of(alarm, answer):
                before = self._marked.get(name, (None, {}, alarm))
                is_same = before[0] is alarm and before[1] == marks
                marked[name] = before if is_same else (alarm, marks, alarm.model_copy(update=marks))
        self._marked = marked
        return {name: copy for name, (_alarm, _marks, copy) in marked.items()}

    def _of(self, alarm: Alarm, answer: Sending) -> dict[str, object]:
        topics = people(alarm)
        is_silent = bool(topics) and not any(map(self._subscriptions.reaches, topics))
        notes = [_("nobody is subscribed to {topics}", topics=topic_names(topics))] if is_silent else []
        # A copy is not validated: names from outside are cleaned here.
        marks: dict[str, object] = {
            "heard_by": self._declared.get(str(alarm.id), self._for_all),
            "sends": answer.when if answer.when != "never" or alarm.suppressor else "",
            "heard_through": tuple(map(clean, answer.through)),
            "heard_with": tuple(clean(name) for name, _states in answer.needs),
            "hearing_note": clean(_("; ").join(filter(None, [*notes, note_of(answer)]))),
        }
        return {field: value for field, value in marks.items() if value} | (
            {"has_actions": False} if is_silent else {}
        )


def note_of(answer: Sending) -> str:
    """More on an answer in words; "" if there is nothing to add."""
    if answer.when == "already":
        return _("while {alarms} is in ALARM already, nothing more is sent", alarms=_named(answer.through))
    if answer.when == "unknown" and answer.doubt in _DOUBTS:
        return _(_DOUBTS[answer.doubt], alarms=_named(answer.doubtful))
    if answer.when != "together":
        return ""
    named = answer.needs[: NAMED + 1]
    needs = [_(_NEEDS[states], alarm=name) for name, states in named if states in _NEEDS]
    rest = [name for name, states in named if states not in _NEEDS]
    words = [_("it notifies only while {needs}", needs=_named(needs))] if needs else []
    words += [_("whether it notifies depends on {alarms}", alarms=_named(rest))] if rest else []
    return _("; ").join(words)


def _named(names: Iterable[str]) -> str:
    every = list(names)
    return _(", ").join(every[:NAMED]) + (" …" if len(every) > NAMED else "")


def unknown_subscribers(errors: Mapping[str, AwsError]) -> list[str]:
    text = _("Whether anybody is subscribed to {topics} is not known: {reason}")
    return [
        text.format(topics=topic_names([arn]), reason=error.problem.summary) for arn, error in errors.items()
    ]
