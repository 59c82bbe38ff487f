"""Marks alarms with what going to ALARM sends, and to whom, where their own actions do not say it."""

import asyncio
from collections.abc import Iterable, Mapping

from services.aws.cloudwatch.alarms.actions import reaches_somebody, topic_names
from services.aws.cloudwatch.alarms.sending import NAMED, Doubt, Reaches, Senders, Sending, people
from services.i18n import N_, _
from services.models.alarms import Alarm, AlarmKind, AlarmState
from services.models.runbook import Runbook
from services.models.text import clean

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
    """Who hears of each alarm, worked out anew when a composite alarm changes."""

    def __init__(self, runbook: Runbook) -> None:
        self._for_all = str(runbook.heard_by)
        self._declared = {str(alarm.name): str(alarm.heard_by) for alarm in runbook.alarms if alarm.heard_by}
        self._basis: object = None
        self._answers: dict[str, Sending] = {}
        self._marked: dict[str, tuple[Alarm, dict[str, object], Alarm]] = {}

    async def marks(
        self,
        alarms: Mapping[str, Alarm],
        composites: Iterable[Alarm],
        *,
        complete: bool = True,
        listed: bool = True,
        reaches: Reaches = reaches_somebody,
    ) -> dict[str, Alarm]:
        """Those alarms of which there is more to say; the same objects as long as that and the alarms are.

        `composites`: the composite alarms, marked as muted; `complete`: they are all that there are; `listed`: so are the
        alarms.
        """
        every = list(composites)
        speaking = any(alarm.has_actions and alarm.actions_enabled is not False for alarm in every)
        if complete and not (speaking or self._for_all or self._declared) and reaches is reaches_somebody:
            return {}
        # Lark, the rules, and tens of thousands of alarms take a while.
        return await asyncio.to_thread(self._marks, alarms, every, reaches, complete, listed)

    def _marks(
        self,
        alarms: Mapping[str, Alarm],
        composites: Iterable[Alarm],
        reaches: Reaches,
        complete: bool,
        listed: bool,
    ) -> dict[str, Alarm]:
        senders = Senders(alarms, composites, reaches, complete=listed)
        facts = (
            (id, each.rule, senders.speaks(each), each.suppressor) for id, each in senders.composites.items()
        )
        basis = frozenset(facts), senders.missing
        if basis != self._basis:
            self._basis, self._answers = basis, {}
        marked: dict[str, tuple[Alarm, dict[str, object], Alarm]] = {}
        left = AT_ONCE
        for name, alarm in alarms.items():
            # A composite alarm's own suppressor, too, decides whether its own actions run.
            if alarm.scaling or (senders.speaks(alarm) and not alarm.suppressor):
                continue
            answer = self._answers.get(name)
            if answer is None and not alarm.expected and senders.speakers(name):
                left -= 1
                if left < 0:
                    marked[name] = self._copy(alarm, {"parents_read": False})
                    continue
            answer = answer or senders.sending(name)
            # What depends on its own actions is not remembered: they may change.
            if senders.speaks(alarm) is False:
                self._answers[name] = answer
            marks = self._of(alarm, answer, complete, reaches)
            if marks:
                marked[name] = self._copy(alarm, marks)
        self._marked = marked
        return {name: copy for name, (_alarm, _marks, copy) in marked.items()}

    def _copy(self, alarm: Alarm, marks: dict[str, object]) -> tuple[Alarm, dict[str, object], Alarm]:
        before = self._marked.get(str(alarm.id))
        if before is not None and before[0] is alarm and before[1] == marks:
            return before
        return alarm, marks, alarm.model_copy(update=marks)

    def _of(self, alarm: Alarm, answer: Sending, complete: bool, reaches: Reaches) -> dict[str, object]:
        """The fields that differ from a plain alarm's."""
        marks: dict[str, object] = {}
        if heard_by := self._declared.get(str(alarm.id), self._for_all):
            marks["heard_by"] = heard_by
        notes, when = [], str(answer.when)
        own = people(alarm)
        if own and not any(reaches(arn) is not False for arn in own):
            marks["is_unsubscribed"] = True
            notes.append(_("nobody is subscribed to {topics}").format(topics=topic_names(own)))
        if not complete and when not in ("always", "already"):
            when, answer = "unknown", Sending("unknown")
        # Of tens of thousands of alarms without actions no copy is made for this.
        if when != "never" or alarm.has_actions:
            marks["sends"] = when
        if when == "unknown":
            marks["parents_read"] = False
        # A copy is not validated: names from outside are cleaned here.
        marks |= {"heard_through": tuple(map(clean, answer.through))} if answer.through else {}
        marks |= {"heard_with": tuple(map(clean, answer.others))} if answer.others else {}
        note = clean(_("; ").join([*notes, *filter(None, [note_of(answer)])]))
        return marks | ({"hearing_note": note} if note else {})


def note_of(answer: Sending) -> str:
    """More on an answer in words; "" if there is nothing to add."""
    if answer.when == "already":
        text = _("while {alarms} is in ALARM already, nothing more is sent")
        return text.format(alarms=_named(answer.through))
    if answer.when == "unknown" and answer.doubt in _DOUBTS:
        return _(_DOUBTS[answer.doubt]).format(alarms=_named(answer.doubtful))
    if answer.when != "together":
        return ""
    needs = [_(_NEEDS[states]).format(alarm=name) for name, states in answer.needs if states in _NEEDS]
    rest = [name for name, states in answer.needs if states not in _NEEDS]
    words = [_("it notifies only while {needs}").format(needs=_named(needs))] if needs else []
    words += [_("whether it notifies depends on {alarms}").format(alarms=_named(rest))] if rest else []
    return _("; ").join(words)


def _named(names: Iterable[str]) -> str:
    every = list(names)
    return _(", ").join(every[:NAMED]) + (" …" if len(every) > NAMED else "")


def topics_of(alarms: Iterable[Alarm], composites: Iterable[Alarm], every: Mapping[str, Alarm]) -> set[str]:
    """The actions of the composite alarms that may send for these alarms."""
    senders = Senders(every, composites)
    speakers = {id for alarm in alarms for id in senders.speakers(str(alarm.id))}
    return {str(arn) for id in speakers for arn in senders.composites[id].alarm_actions}


def composites_of(alarms: Iterable[Alarm]) -> list[Alarm]:
    return [alarm for alarm in alarms if alarm.kind is AlarmKind.COMPOSITE]
