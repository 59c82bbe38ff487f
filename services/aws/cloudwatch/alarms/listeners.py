"""Marks alarms with what going to ALARM sends, and to whom, where their own actions do not say it."""

import asyncio
from collections.abc import Collection, Iterable, Mapping

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.alarms.actions import topic_names
from services.aws.cloudwatch.alarms.sending import NAMED, Doubt, Senders, Sending, people
from services.aws.cloudwatch.alarms.subscriptions import Subscriptions
from services.i18n import N_, _
from services.models.alarms import Alarm, AlarmState
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

    def __init__(self, runbook: Runbook, subscriptions: Subscriptions) -> None:
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

        `listed`: they are all that there are; `composites`: the names of all composite alarms; None: not known beside
        these alarms. Takes a while with many rules or alarms: for a thread.
        """
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
        """The fields that differ from a plain alarm's."""
        topics = people(alarm)
        is_silent = bool(topics) and not any(map(self._subscriptions.reaches, topics))
        notes = (
            [_("nobody is subscribed to {topics}").format(topics=topic_names(topics))] if is_silent else []
        )
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
        text = _("while {alarms} is in ALARM already, nothing more is sent")
        return text.format(alarms=_named(answer.through))
    if answer.when == "unknown" and answer.doubt in _DOUBTS:
        return _(_DOUBTS[answer.doubt]).format(alarms=_named(answer.doubtful))
    if answer.when != "together":
        return ""
    named = answer.needs[: NAMED + 1]
    needs = [_(_NEEDS[states]).format(alarm=name) for name, states in named if states in _NEEDS]
    rest = [name for name, states in named if states not in _NEEDS]
    words = [_("it notifies only while {needs}").format(needs=_named(needs))] if needs else []
    words += [_("whether it notifies depends on {alarms}").format(alarms=_named(rest))] if rest else []
    return _("; ").join(words)


def _named(names: Iterable[str]) -> str:
    every = list(names)
    return _(", ").join(every[:NAMED]) + (" …" if len(every) > NAMED else "")


def unknown_subscribers(errors: Mapping[str, AwsError]) -> list[str]:
    text = _("Whether anybody is subscribed to {topics} is not known: {reason}")
    return [
        text.format(topics=topic_names([arn]), reason=error.problem.summary) for arn, error in errors.items()
    ]
