from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.i18n import _, plural
from services.inspections.sign_ins.evaluation import (
    VERDICTS,
    JudgedAccess,
    JudgedChange,
    JudgedSignIn,
    SignInReason,
    who,
)
from services.inspections.sign_ins.reading import Gathered, Purpose
from services.inspections.sign_ins.silence import is_behind
from services.inspections.toolkit.checks import about, undecided
from services.inspections.toolkit.root_user import root_measures
from services.models.findings import Measure
from services.models.iam import IamUser
from services.models.runbook import Runbook
from services.models.runbook_inspections import Trail as TrailSpec
from services.models.verdict import Verdict, judgement


@dataclass(frozen=True, slots=True)
class JudgedSignIns:
    gathered: Gathered
    sign_ins: Sequence[JudgedSignIn]
    changes: Sequence[JudgedChange]
    users: Sequence[IamUser]  # Unexpected users
    access: Sequence[JudgedAccess] = ()  # Other events of the sign-in service
    root: Sequence[JudgedChange] = ()  # Root's activity other than signing in

    def having(self, reason: SignInReason) -> list[JudgedSignIn]:
        return [sign_in for sign_in in self.sign_ins if reason in sign_in.reasons]


def measures(judged: JudgedSignIns, spec: TrailSpec, runbook: Runbook, until: datetime) -> Iterator[Measure]:
    """One measure per question of the runbook; a count is never normal if something could not be read."""
    whole = judged.gathered.is_complete
    for count in (*_of_sign_ins(judged, spec), *_of_access(judged)):
        yield _measure(count, whole=whole(Purpose.SIGN_IN))
    verdicts = tuple(event.verdict for event in judged.root)
    of_root = _Count(_("Other events of root"), len(judged.root), "0", verdicts)
    yield _measure(of_root, whole=whole(Purpose.ROOT))
    yield from _of_changes(judged, spec, runbook)
    verdicts = (Verdict.ATTENTION,) * len(judged.users)
    users = _Count(_("Unexpected IAM users"), len(judged.users), "0", verdicts, item="users")
    yield _measure(users, whole=judged.gathered.users_problem is None)
    yield from root_measures(judged.gathered.root)
    yield region_measure(judged.gathered)
    yield trail_measure(judged.gathered, until)


@dataclass(frozen=True, slots=True)
class _Count:
    title: str
    count: int
    allowed: str
    verdicts: tuple[Verdict, ...]
    note: str = ""
    item: str = "sign-ins"


def _of_changes(judged: JudgedSignIns, spec: TrailSpec, runbook: Runbook) -> Iterator[Measure]:
    grave = [change for change in judged.changes if change.grave]
    other = [change for change in judged.changes if not change.grave]
    for title, changes, key, purpose in (
        (_("Destructive changes"), grave, "grave_events", Purpose.GRAVE),
        (_("Security-relevant changes"), other, "global_events", Purpose.GLOBAL),
    ):
        if not getattr(spec, key):
            result = undecided(title, f"trail.{key}", runbook)
            yield from (each.measure for each in about("changes", result))
        else:
            verdicts = tuple(change.verdict for change in changes)
            refused = sum(bool(change.event.error) for change in changes)
            note = _("{count} of them refused by AWS", count=refused) if refused else ""
            count = _Count(title, len(changes), "0", verdicts, note, item="changes")
            yield _measure(count, whole=judged.gathered.is_complete(purpose))


def _of_sign_ins(judged: JudgedSignIns, spec: TrailSpec) -> Iterator[_Count]:
    allowed = _("0 (abnormal: {many} or more by one person)", many=spec.many_failures)
    failed = judged.having(SignInReason.FAILED)
    # A failed attempt may also come from an unknown address; here only the number of failures counts.
    verdicts = tuple(
        Verdict.ABNORMAL if sign_in.verdict is Verdict.ABNORMAL else Verdict.ATTENTION for sign_in in failed
    )
    nameless = sum(SignInReason.NAMELESS in sign_in.reasons for sign_in in failed)
    note = _("{count} with an unreadable name, counted for every person", count=nameless)
    yield _Count(_("Failed sign-ins"), len(failed), allowed, verdicts, note=note if nameless else "")
    for title, reason, verdict in (
        (_("Root sign-ins"), SignInReason.ROOT, Verdict.ABNORMAL),
        (_("Sign-ins without MFA"), SignInReason.NO_MFA, Verdict.ABNORMAL),
    ):
        count = len(judged.having(reason))
        extra = (
            (Verdict.UNKNOWN,) * len(judged.having(SignInReason.MFA_UNSAID))
            if reason is SignInReason.NO_MFA
            else ()
        )
        yield _Count(title, count, "0", (verdict,) * count + extra)
    for title, reason, key in (
        (_("Unknown addresses"), SignInReason.ADDRESS, lambda sign_in: sign_in.event.address),
        (_("Unknown users"), SignInReason.PERSON, lambda sign_in: who(sign_in.event)),
        (_("Sign-ins outside opening hours"), SignInReason.HOURS, lambda sign_in: sign_in.event.id),
    ):
        count = len({key(sign_in) for sign_in in judged.having(reason)})
        item = "users" if reason is SignInReason.PERSON else "sign-ins"
        yield _Count(title, count, "0", (Verdict.ATTENTION,) * count, item=item)


def _of_access(judged: JudgedSignIns) -> Iterator[_Count]:
    for title, events in (
        (_("Root password recoveries"), [event for event in judged.access if event.recovery]),
        (
            _("Other sign-in events to review"),
            [event for event in judged.access if event.reasons and not event.recovery],
        ),
    ):
        verdicts = tuple(VERDICTS[reason] for event in events for reason in event.reasons)
        yield _Count(title, len(events), "0", verdicts)


def region_measure(gathered: Gathered) -> Measure:
    regions, partial = gathered.regions_of(Purpose.SIGN_IN), gathered.unjudged()
    note = ""
    if gathered.regions.problem is not None:
        note = _("the enabled regions could not be read")
    elif partial:
        note = _("not judged: {regions}", regions=_(", ").join(partial))
    return Measure(
        title=_("Regions read"),
        shown=_("{count} of {total}", count=len(regions) - len(partial), total=len(regions)),
        allowed=_("every enabled region"),
        verdict=Verdict.UNKNOWN if note else Verdict.NORMAL,
        value=len(regions) - len(partial),
        note=note,
    )


def _measure(count: _Count, *, whole: bool) -> Measure:
    verdicts = [*count.verdicts, Verdict.NORMAL if whole else Verdict.UNKNOWN]
    return Measure(
        title=count.title,
        shown=str(count.count) if whole else _("{count} or more", count=count.count),
        allowed=count.allowed,
        **judgement(verdicts),
        value=count.count,
        item=count.item,
        note=_(", ").join(filter(None, (count.note, "" if whole else _("not everything could be read")))),
    )


def trail_measure(gathered: Gathered, until: datetime) -> Measure:
    title, allowed = _("Trail"), _("logging")
    if gathered.trails_problem is not None:
        return Measure(title=title, shown=_("not read"), allowed=allowed, verdict=Verdict.UNKNOWN)
    logging = [trail for trail in gathered.trails if trail.logging]
    if not logging:
        state = _("stopped") if gathered.trails else _("none")
        return Measure(title=title, shown=state, allowed=allowed, verdict=Verdict.ATTENTION)
    failing = all(trail.delivery_error or is_behind(trail, gathered.histories, until) for trail in logging)
    verdict = Verdict.ATTENTION if failing else Verdict.NORMAL
    state = _("logging, but files do not arrive") if failing else _("logging")
    return Measure(title=title, shown=state, allowed=allowed, verdict=verdict, note=logging[0].name)


def summary(judged: JudgedSignIns, measures: Iterable[Measure], spec: TrailSpec) -> str:
    total = len(judged.sign_ins)
    people = len({who(sign_in.event) for sign_in in judged.sign_ins})
    among = plural("{count} sign-in", "{count} sign-ins", total, count=total)
    among = plural(
        "{tries} of {count} person", "{tries} of {count} people", people, tries=among, count=people
    )
    odd = [
        _("{title}: {shown}", title=measure.title, shown=measure.shown)
        + (_(" ({note})", note=measure.note) if measure.note and measure.value else "")
        for measure in measures
        if measure.verdict is not Verdict.NORMAL
    ]
    if not odd and not (spec.grave_events and spec.global_events):
        return _("{among}, none unusual", among=among)
    if not odd:
        return _("{among}, none unusual; no destructive or security-relevant change", among=among)
    return _("{odd} (among {among})", odd=_(", ").join(odd), among=among)
