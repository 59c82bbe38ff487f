"""What a look at sign-ins measured, beside what is allowed, and the same in one line."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.i18n import _, plural
from services.inspections.sign_ins.evaluation import JudgedAccess, JudgedChange, JudgedSignIn, Reason, who
from services.inspections.sign_ins.reading import Gathered, Purpose
from services.inspections.sign_ins.silence import is_behind
from services.models.access_keys import IamUser
from services.models.findings import Measure, worst
from services.models.runbook_looks import Trail as TrailSpec
from services.models.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything that was read, judged."""

    gathered: Gathered
    sign_ins: Sequence[JudgedSignIn]
    changes: Sequence[JudgedChange]
    users: Sequence[IamUser]
    """Those that nobody expects."""
    access: Sequence[JudgedAccess] = ()
    """Other events of the sign-in service."""
    root: Sequence[JudgedChange] = ()
    """What root did beside signing in."""

    def having(self, reason: Reason) -> list[JudgedSignIn]:
        """Sign-ins with this reason to be looked at."""
        return [each for each in self.sign_ins if reason in each.reasons]


def measures(judged: Judged, spec: TrailSpec) -> tuple[Measure, ...]:
    """One for each thing the runbook asks; where something could not be read, its count cannot be normal."""
    whole = judged.gathered.whole
    seen = whole(Purpose.SIGN_IN)
    found = [_count(each, whole=seen) for each in (*_of_sign_ins(judged, spec), *_of_access(judged))]
    acts = _Counted(
        _("Other events of root"), len(judged.root), "0", tuple(each.verdict for each in judged.root)
    )
    found.append(_count(acts, whole=whole(Purpose.ROOT)))
    grave = [each for each in judged.changes if each.grave]
    other = [each for each in judged.changes if not each.grave]
    changed = (
        (_("Destructive changes"), grave, spec.grave_events, whole(Purpose.GRAVE)),
        (_("Security-relevant changes"), other, spec.global_events, whole(Purpose.GLOBAL)),
    )
    for title, changes, asked, read in changed:
        if asked:
            verdicts = tuple(each.verdict for each in changes)
            refused = sum(bool(each.event.error) for each in changes)
            note = _("{count} of them refused by AWS").format(count=refused) if refused else ""
            found.append(_count(_Counted(title, len(changes), "0", verdicts, note), whole=read))
    verdicts = (Verdict.ATTENTION,) * len(judged.users)
    users = _Counted(_("IAM users that nobody expects"), len(judged.users), "0", verdicts)
    return (
        *found,
        _count(users, whole=judged.gathered.users_problem is None),
        *_of_root(judged.gathered),
        region_measure(judged.gathered),
        trail_measure(judged.gathered),
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    title: str
    count: int
    allowed: str
    verdicts: tuple[Verdict, ...]
    note: str = ""


def _of_sign_ins(judged: Judged, spec: TrailSpec) -> Iterator[_Counted]:
    allowed = _("0 (abnormal from {many} of one person)").format(many=spec.many_failures)
    failed = judged.having(Reason.FAILED)
    # A failed try may also come from an unknown address; only its own counts decide here.
    many = [Verdict.ABNORMAL if each.verdict is Verdict.ABNORMAL else Verdict.ATTENTION for each in failed]
    nameless = sum(Reason.NAMELESS in each.reasons for each in failed)
    note = _("{count} with a name that cannot be read, counted as each person's").format(count=nameless)
    yield _Counted(_("Failed sign-ins"), len(failed), allowed, tuple(many), note=note if nameless else "")
    for title, reason, verdict in (
        (_("Sign-ins of root"), Reason.ROOT, Verdict.ABNORMAL),
        (_("Sign-ins without MFA"), Reason.NO_MFA, Verdict.ABNORMAL),
    ):
        count = len(judged.having(reason))
        extra = (Verdict.UNKNOWN,) * len(judged.having(Reason.MFA_UNSAID)) if reason is Reason.NO_MFA else ()
        yield _Counted(title, count, "0", (verdict,) * count + extra)
    for title, reason, what in (
        (_("Unknown addresses"), Reason.ADDRESS, lambda each: each.event.address),
        (_("Unknown people"), Reason.PERSON, lambda each: who(each.event)),
        (_("Sign-ins outside opening hours"), Reason.HOURS, lambda each: each.event.id),
    ):
        count = _different(judged.having(reason), what)
        yield _Counted(title, count, "0", (Verdict.ATTENTION,) * count)


def _of_access(judged: Judged) -> Iterator[_Counted]:
    for title, wanted in (
        (_("Recoveries of root's password"), [each for each in judged.access if each.recovery]),
        (
            _("Other sign-in events to look at"),
            [each for each in judged.access if each.reasons and not each.recovery],
        ),
    ):
        yield _Counted(title, len(wanted), "0", tuple(each.verdict for each in wanted))


def _of_root(gathered: Gathered) -> Iterator[Measure]:
    """Root's own keys and second factor; what IAM does not tell is not judged."""
    root, none = gathered.root, _("none")
    keys = root.access_keys if root is not None else None
    yield Measure(
        title=_("Root's access keys"),
        shown=_("not read") if keys is None else str(keys) if keys else none,
        allowed=none,
        verdict=Verdict.UNKNOWN if keys is None else Verdict.ABNORMAL if keys else Verdict.NORMAL,
        value=keys,
    )
    mfa = root.mfa if root is not None else None
    verdict = {None: Verdict.UNKNOWN, True: Verdict.NORMAL, False: Verdict.ABNORMAL}[mfa]
    yield Measure(
        title=_("Root's MFA"),
        shown={None: _("not read"), True: _("enabled"), False: _("not enabled")}[mfa],
        allowed=_("enabled"),
        verdict=verdict,
    )


def region_measure(gathered: Gathered) -> Measure:
    """How many of the account's enabled regions were read to the end."""
    asked, partial = gathered.asked(Purpose.SIGN_IN), gathered.unjudged()
    note = ""
    if gathered.regions.problem is not None:
        note = _("which regions are enabled could not be read")
    elif partial:
        note = _("not judged: {regions}").format(regions=_(", ").join(partial))
    return Measure(
        title=_("Regions read"),
        shown=_("{count} of {total}").format(count=len(asked) - len(partial), total=len(asked)),
        allowed=_("every enabled region"),
        verdict=Verdict.UNKNOWN if note else Verdict.NORMAL,
        value=len(asked) - len(partial),
        note=note,
    )


def _different(judged: Iterable[JudgedSignIn], what: Callable[[JudgedSignIn], str]) -> int:
    return len({what(each) for each in judged})


def _count(counted: _Counted, *, whole: bool) -> Measure:
    verdicts = [*counted.verdicts, Verdict.NORMAL if whole else Verdict.UNKNOWN]
    return Measure(
        title=counted.title,
        shown=str(counted.count) if whole else _("{count} or more").format(count=counted.count),
        allowed=counted.allowed,
        verdict=worst(verdicts),
        value=counted.count,
        note=_(", ").join(filter(None, (counted.note, "" if whole else _("not everything could be read")))),
    )


def trail_measure(gathered: Gathered) -> Measure:
    """Whether some trail keeps what the event history forgets after 90 days."""
    title, allowed = _("Trail"), _("logging")
    if gathered.trails_problem is not None:
        return Measure(title=title, shown=_("not read"), allowed=allowed, verdict=Verdict.UNKNOWN)
    logging = [trail for trail in gathered.trails if trail.logging]
    if not logging:
        shown = _("stopped") if gathered.trails else _("there is none")
        return Measure(title=title, shown=shown, allowed=allowed, verdict=Verdict.ATTENTION)
    failing = all(trail.delivery_error or is_behind(trail, gathered.history) for trail in logging)
    verdict = Verdict.ATTENTION if failing else Verdict.NORMAL
    shown = _("logging, but files do not arrive") if failing else _("logging")
    return Measure(title=title, shown=shown, allowed=allowed, verdict=verdict, note=logging[0].name)


def summary(judged: Judged, measured: Iterable[Measure], spec: TrailSpec) -> str:
    """One line: what is not normal with its numbers, and among how many."""
    total = len(judged.sign_ins)
    people = len({who(each.event) for each in judged.sign_ins})
    among = plural("{count} sign-in", "{count} sign-ins", total).format(count=total)
    among = plural("{tries} of {count} person", "{tries} of {count} people", people).format(
        tries=among, count=people
    )
    odd = [
        _("{title}: {shown}").format(title=each.title, shown=each.shown)
        + (_(" ({note})").format(note=each.note) if each.note and each.value else "")
        for each in measured
        if each.verdict is not Verdict.NORMAL
    ]
    if not odd and not (spec.grave_events and spec.global_events):
        return _("{among}, none unusual").format(among=among)
    if not odd:
        return _("{among}, none unusual; no destructive or security-relevant change").format(among=among)
    return _("{odd} (among {among})").format(odd=_(", ").join(odd), among=among)
