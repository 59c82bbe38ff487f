from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from services.calendar.calendar import Calendar
from services.i18n import _
from services.inspections.base import table
from services.inspections.sign_ins.evaluation import WORDS, JudgedAccess, JudgedChange, JudgedSignIn, who
from services.inspections.sign_ins.reading import Gathered, Purpose
from services.models.cloudtrail import Lookup, SignIn, TrailEvent
from services.models.date_text import dated_time
from services.models.evidence import Evidence, Row
from services.models.iam import IamUser
from services.models.verdict import DISPLAY_ORDER, Verdict

ADDRESSES = 5  # Maximum number of addresses shown per person


_Judged = TypeVar("_Judged", JudgedSignIn, JudgedAccess)


class Tables:
    def __init__(self, calendar: Calendar, since: datetime) -> None:
        self._calendar = calendar
        self._since = since  # The start of the window; the previous run has covered older events

    def suspicious(self, judged: Iterable[JudgedSignIn]) -> Evidence:
        columns = (
            self._time(),
            _("Signed in as"),
            _("Reason"),
            _("Result"),
            _("MFA"),
            _("Source"),
            _("Recorded in"),
        )
        return table(
            _("Sign-ins to review"), columns, [self._suspicious(sign_in) for sign_in in _worst_first(judged)]
        )

    def access(self, judged: Iterable[JudgedAccess]) -> Evidence:
        columns = (self._time(), _("Event"), _("Signed in as"), _("Reason"), _("Source"), _("Recorded in"))
        return table(
            _("Other sign-in events to review"),
            columns,
            [self._access(event) for event in _worst_first(judged)],
        )

    def changes(self, judged: Iterable[JudgedChange]) -> Evidence:
        ordered = sorted(judged, key=lambda change: change.event.at, reverse=True)
        ordered.sort(key=lambda change: DISPLAY_ORDER.index(change.verdict))
        columns = (
            self._time(),
            _("Carried out by"),
            _("Operation"),
            _("Target"),
            _("Source"),
            _("Recorded in"),
            _("Result"),
        )
        return table(_("Destructive and security-relevant changes"), columns, map(self._change, ordered))

    def unexpected_users(self, users: Iterable[IamUser], gathered: Gathered) -> Evidence:
        done: dict[str, list[Lookup]] = {}
        for lookup in gathered.of(Purpose.USER):
            done.setdefault(lookup.value, []).append(lookup)
        rows = [
            Row(
                cells=(
                    user.name,
                    self._moment(user.created),
                    self._moment(user.password_used) if user.password_used else _("never used"),
                    _acts(done.get(user.id, ())),
                ),
                verdict=Verdict.ATTENTION,
            )
            for user in users
        ]
        columns = (
            _("IAM user"),
            _("Created on"),
            _("Last sign-in with a password"),
            _("Events in the window"),
        )
        return table(_("Unexpected IAM users"), columns, rows)

    def regions(self, gathered: Gathered) -> Evidence:
        rows = [_region(region, gathered) for region in gathered.regions_of(Purpose.SIGN_IN)]
        rows.sort(key=lambda row: row.verdict is None)
        columns = (_("Region"), _("Successes"), _("Failures"), _("Lookups"), _("Coverage"))
        return table(_("By region"), columns, rows)

    def people(self, sign_ins: Sequence[SignIn]) -> Evidence:
        by_person: dict[str, list[SignIn]] = {}
        for event in sign_ins:
            by_person.setdefault(who(event), []).append(event)
        rows = [
            (
                person_words(events[0]),
                str(sum(event.success for event in events)),
                str(sum(not event.success for event in events)),
                _addresses(events),
                self._moment(max(event.at for event in events)),
            )
            for events in sorted(by_person.values(), key=len, reverse=True)
        ]
        columns = (_("Signed in as"), _("Successes"), _("Failures"), _("Source"), _("Last sign-in"))
        return table(_("All sign-ins by person"), columns, rows)

    def _suspicious(self, judged: JudgedSignIn) -> Row:
        event = judged.event
        mfa = {True: _("with MFA"), False: _("without MFA"), None: _("not recorded")}[event.mfa]
        cells = (
            self._moment(event.at),
            person_words(event),
            self._why(judged),
            _("signed in") if event.success else event.error or _("failed"),
            mfa,
            event.address,
            event.region,
        )
        return Row(cells=cells, verdict=judged.verdict)

    def _access(self, judged: JudgedAccess) -> Row:
        event = judged.event
        cells = (
            self._moment(event.at),
            event.name,
            person_words(event),
            self._why(judged),
            event.address,
            event.region,
        )
        return Row(cells=cells, verdict=judged.verdict)

    def _why(self, judged: JudgedSignIn | JudgedAccess) -> str:
        again = [_("also in the previous run")] if judged.event.at < self._since else []
        return _(", ").join([*(_(WORDS[reason]) for reason in judged.reasons), *again])

    def _change(self, judged: JudgedChange) -> Row:
        event = judged.event
        done = event.error or _("carried out")
        if event.at < self._since:
            done = _("{result} (also in the previous run)", result=done)
        cells = (
            self._moment(event.at),
            event.actor.shown or _("not given"),
            event.name,
            _(", ").join(event.resources) or "-",
            event.address,
            event.region,
            done,
        )
        return Row(cells=cells, verdict=judged.verdict)

    def _time(self) -> str:
        return _("time ({zone})", zone=self._since.astimezone(self._calendar.zone).tzname())

    def _moment(self, at: datetime) -> str:
        return dated_time(at, self._calendar.zone)


def person_words(event: TrailEvent) -> str:
    """The person's name; AWS hides text that is not the name of a user."""
    if event.actor.hidden:
        return _("(a user name that does not exist)")
    return event.actor.shown or _("not given")


def _addresses(events: Iterable[SignIn]) -> str:
    addresses = sorted({event.address for event in events})
    return _(", ").join([*addresses[:ADDRESSES], *(["…"] if len(addresses) > ADDRESSES else [])])


def _region(region: str, gathered: Gathered) -> Row:
    lookups = [(question, lookup) for question, lookup in gathered.answers if question.region == region]
    tries = [
        event
        for question, lookup in lookups
        if question.purpose is Purpose.SIGN_IN
        for event in lookup.events
        if isinstance(event, SignIn)
    ]
    problem = next((lookup.problem for _question, lookup in lookups if lookup.problem is not None), None)
    unreadable = sum(lookup.unreadable for _question, lookup in lookups)
    read = _("in full")
    if problem is not None:
        read = problem.summary
    elif any(lookup.more for _question, lookup in lookups):
        read = _("only the newest events")
    elif unreadable:
        read = _("unreadable events: {count}", count=unreadable)
    cells = (
        region,
        str(sum(event.success for event in tries)),
        str(sum(not event.success for event in tries)),
        str(sum(lookup.requests for _question, lookup in lookups)),
        read,
    )
    return Row(
        cells=cells,
        verdict=None if all(lookup.is_complete for _question, lookup in lookups) else Verdict.UNKNOWN,
    )


def _acts(lookups: Sequence[Lookup]) -> str:
    if not lookups or any(lookup.problem is not None or lookup.unreadable for lookup in lookups):
        return _("not read")
    counts: dict[str, int] = {}
    for lookup in lookups:
        for event in lookup.events:
            counts[event.name] = counts.get(event.name, 0) + 1
    named = [f"{name} ×{count}" for name, count in sorted(counts.items(), key=lambda item: -item[1])]
    if any(lookup.more for lookup in lookups):
        named.append("…")
    return _(", ").join(named) or _("none")


def _worst_first(judged: Iterable[_Judged]) -> list[_Judged]:
    newest_first = sorted(
        (entry for entry in judged if entry.reasons), key=lambda entry: entry.event.at, reverse=True
    )
    return sorted(newest_first, key=lambda entry: DISPLAY_ORDER.index(entry.verdict))
