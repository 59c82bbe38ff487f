"""Checks the age of every user's access keys, their last use, which keys are left over, and root's keys. The
written runbook checks one user, and takes 90 days for a quarter of a year. They count from the day of
creation; a due date on a closed day is moved to an earlier one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from services.aws.client.errors import AwsError
from services.aws.client.reader import Reader
from services.aws.iam.access_keys import AccessKeys, RootUsers
from services.calendar.calendar import Calendar
from services.i18n import _, plural
from services.inspections.base import Inspection, InspectionRequest, table
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.root_user import root_advice, root_measures
from services.models.aws_cli import CliCommand
from services.models.date_text import day_text
from services.models.evidence import Evidence, Row
from services.models.findings import Finding, Measure, Progress
from services.models.iam import AccessKey, IamUser, KeyUse, RootUser
from services.models.metrics import TimeSpan
from services.models.problem import Problem, ProblemKind
from services.models.runbook_inspections import AccessKeys as KeysSpec
from services.models.text import clean
from services.models.verdict import DISPLAY_ORDER, Verdict, judgement

QUOTA = 2  # Maximum number of keys per user, including inactive ones
DISABLED = frozenset({"Inactive", "Expired"})  # Statuses in which a key cannot be used


@dataclass(frozen=True, slots=True)
class JudgedKey:
    key: AccessKey
    use: KeyUse | None  # None: not read
    age: int  # Whole local days since it was created
    limit: date  # The last day on which the key is not too old
    due: date  # `limit`, or the business day before it
    verdict: Verdict
    leftover: bool  # The key is disabled, possibly for longer than the runbook keeps such keys
    idle_days: int | None  # Days since the key was last used, or created; None: unknown

    @property
    def unclear(self) -> bool:
        """Whether IAM reports a status that this version does not know, so that the key may be usable."""
        return not self.key.active and self.key.status not in DISABLED


class KeyRules:
    def __init__(self, spec: KeysSpec, calendar: Calendar, now: datetime) -> None:
        self._spec = spec
        self._calendar = calendar
        self._today = calendar.day_of(now)

    def judge(self, key: AccessKey, use: KeyUse | None) -> JudgedKey:
        created = self._calendar.day_of(key.created)
        limit = created + timedelta(days=self._spec.max_age_days)
        age = (self._today - created).days
        due = self._calendar.open_days.previous_open(limit) or limit
        idle = self._idle(key, use)
        disabled = key.status in DISABLED
        leftover = disabled and (idle is None or idle > self._spec.delete_after_days)
        return JudgedKey(
            key=key,
            use=use,
            age=age,
            limit=limit,
            due=due,
            verdict=self._of_active(age, due)
            if key.active
            else self._of_inactive(use, leftover)
            if disabled
            else Verdict.UNKNOWN,
            leftover=leftover,
            idle_days=idle,
        )

    def crowded(self, keys: list[JudgedKey]) -> bool:
        active = [judged for judged in keys if judged.key.active]
        return len(active) >= QUOTA and min(judged.age for judged in active) > self._spec.delete_after_days

    def unused(self, judged: JudgedKey) -> bool:
        idle = judged.idle_days
        return judged.key.active and idle is not None and idle > self._spec.max_age_days

    def _of_active(self, age: int, due: date) -> Verdict:
        if age > self._spec.max_age_days:
            return Verdict.ABNORMAL
        soon = due - timedelta(days=self._spec.warn_days)
        return Verdict.ATTENTION if self._today >= soon else Verdict.NORMAL

    def _of_inactive(self, use: KeyUse | None, leftover: bool) -> Verdict:
        """IAM does not report when a key was disabled; only that it was after its last use."""
        if not leftover:
            return Verdict.NORMAL
        return Verdict.UNKNOWN if use is None else Verdict.ATTENTION

    def _idle(self, key: AccessKey, use: KeyUse | None) -> int | None:
        if use is None:
            return None
        return (self._today - self._calendar.day_of(max(key.created, use.at or key.created))).days


@dataclass(slots=True)
class KeysRead:
    """Everything that was read; problems are stored beside the parts that could be read."""

    users: tuple[str, ...] = ()  # User names, the runbook's first
    keys: dict[str, tuple[AccessKey, ...]] = field(default_factory=dict)
    """By user; a user without keys has an empty entry, a user that was not read has none."""
    used: dict[str, KeyUse] = field(default_factory=dict)  # By key id; a key without an entry was not read
    users_problem: Problem | None = None  # Why only the runbook's users were read
    problems: dict[str, Problem] = field(default_factory=dict)  # Why a user's keys were not read
    root: RootUser | None = None
    root_problem: Problem | None = None
    used_problem: Problem | None = None  # Why the last use of a key was not read

    @property
    def all_keys(self) -> list[AccessKey]:
        return [key for user in self.users for key in self.keys.get(user, ())]


async def read_keys(
    reader: Reader, in_runbook: tuple[str, ...], tell: Callable[[Progress], None]
) -> KeysRead:
    """Read everything; `in_runbook`: the runbook's users. Raises AwsError if no user's keys could be read."""
    iam, reading = AccessKeys(reader), KeysRead()
    users: tuple[IamUser, ...] = ()
    try:
        users = await iam.users()
    except AwsError as error:
        reading.users_problem = error.problem
        if not in_runbook:
            raise
    reading.users = tuple(dict.fromkeys([*in_runbook, *(user.id for user in users)]))
    failure: AwsError | None = None
    for number, user in enumerate(reading.users):
        text = _("{user}: keys…", user=user)
        tell(Progress(text=text, done=number, total=len(reading.users)))
        try:
            reading.keys[user] = await iam.keys((user,))
        except AwsError as error:
            reading.problems[user], failure = error.problem, error
    if failure is not None and not reading.keys:
        raise failure
    await _last_used(iam, reading)
    try:
        reading.root = await RootUsers(reader).root()
    except AwsError as error:
        reading.root_problem = error.problem
    return reading


async def _last_used(iam: AccessKeys, reading: KeysRead) -> None:
    for key in reading.all_keys:
        try:
            reading.used[key.id] = await iam.used(key)
        except AwsError as error:
            reading.used_problem = error.problem
            if error.problem.kind is ProblemKind.ACCESS_DENIED:
                # It would be denied for every other key as well.
                return


PROCEDURE = "rotate-key"  # Id of the runbook's procedure, if it has one


class KeyAges(Inspection):
    async def run(self, request: InspectionRequest) -> Finding:
        context, spec = self.context, self._spec
        reading = await read_keys(context.reader, spec.users, request.on_progress)
        rules = KeyRules(spec, context.calendar, request.until)
        keys = [rules.judge(key, reading.used.get(key.id)) for key in reading.all_keys]
        crowded = [user for user in reading.users if rules.crowded(_of(keys, user))]
        builder = FindingBuilder(self, request, windowed=False)
        builder.measure(*self._measures(reading, keys, crowded), *root_measures(reading.root))
        builder.table(self._keys_table(keys), self._keyless_table(reading))
        builder.remark(*self._remarks(reading, keys, rules))
        return builder.finding(
            self._summary(reading, keys, builder.measures),
            advice=(*root_advice(reading.root), *self._advice(keys, crowded)),
        )

    def cli_commands(self, span: TimeSpan) -> Iterable[CliCommand]:
        from services.inspections.access_keys.access_keys_cli_commands import commands_of

        return commands_of(self._spec)

    @property
    def _spec(self) -> KeysSpec:
        spec = self.context.runbook.access_keys
        assert spec is not None
        return spec

    def _measures(self, reading: KeysRead, keys: list[JudgedKey], crowded: list[str]) -> Iterator[Measure]:
        spec, complete = self._spec, not (reading.problems or reading.users_problem)
        base = Verdict.NORMAL if complete else Verdict.UNKNOWN
        active = [judged for judged in keys if judged.key.active]
        oldest = max(active, key=lambda judged: judged.age, default=None)
        yield Measure(
            title=_("Oldest active key"),
            shown=_days(oldest.age) if oldest else _("none"),
            allowed=_("at most {days} days", days=spec.max_age_days),
            **judgement([base, *(judged.verdict for judged in active)]),
            value=oldest.age if oldest else None,
            unit="days",
            note=_("{user}, due {due}", user=clean(oldest.key.user), due=self._due(oldest)) if oldest else "",
        )
        leftovers = sum(judged.leftover for judged in keys)
        yield Measure(
            title=_("Inactive keys left"),
            shown=str(leftovers),
            allowed=_("0 (deleted {days} days after they were disabled)", days=spec.delete_after_days),
            **judgement([base, *(judged.verdict for judged in keys if not judged.key.active)]),
            value=leftovers,
        )
        yield Measure(
            title=_("Users with an old key beside the new one"),
            shown=str(len(crowded)),
            allowed="0",
            **judgement([base, *(Verdict.ATTENTION for _user in crowded)]),
            value=len(crowded),
            note=_(", ").join(map(clean, crowded)),
        )
        yield Measure(
            title=_("Users inspected"),
            shown=_("{count} of all", count=len(reading.keys))
            if reading.users_problem is None
            else _("only {count} of the runbook", count=len(reading.keys)),
            verdict=base,
            value=len(reading.keys),
        )
        if keys:
            with_use = sum(judged.use is not None for judged in keys)
            yield Measure(
                title=_("Keys with known last use"),
                shown=_("{count} of {all}", count=with_use, all=len(keys)),
                verdict=Verdict.NORMAL if with_use == len(keys) else Verdict.UNKNOWN,
                value=with_use,
            )
        keyless = self._keyless(reading)
        if keyless:
            # They may have been deleted, or IAM may not list them.
            yield Measure(
                title=_("Users of the runbook without a key"),
                shown=_(", ").join(map(clean, keyless)),
                allowed="0",
                verdict=Verdict.UNKNOWN,
                value=len(keyless),
            )

    def _keyless(self, reading: KeysRead) -> list[str]:
        return [user for user in self._spec.users if user in reading.keys and not reading.keys[user]]

    def _summary(self, reading: KeysRead, keys: list[JudgedKey], measures: Sequence[Measure]) -> str:
        oldest, _leftovers, crowded, *_others = measures
        parts = list(self._bad(reading, keys, crowded))
        if parts:
            return _("; ").join(parts)
        text = plural("{count} key of {users} users", "{count} keys of {users} users", len(keys))
        count = text.format(count=len(keys), users=len(reading.keys))
        if oldest.value is None:
            return count
        return _(
            "{counted}: the oldest is {age} old ({note})", counted=count, age=oldest.shown, note=oldest.note
        )

    def _bad(self, reading: KeysRead, keys: list[JudgedKey], crowded: Measure) -> Iterator[str]:
        """The findings that are not normal: root's first, then in the order of the measures."""
        for measure in root_measures(reading.root):
            if measure.verdict is not Verdict.NORMAL:
                yield _("{title}: {shown}", title=measure.title, shown=measure.shown)
        old = [judged for judged in keys if judged.key.active and judged.verdict is not Verdict.NORMAL]
        yield from (self._age(judged) for judged in sorted(old, key=lambda judged: -judged.age))
        leftovers = sum(judged.leftover for judged in keys)
        if leftovers:
            yield plural(
                "{count} inactive key left", "{count} inactive keys left", leftovers, count=leftovers
            )
        unclear = [clean(judged.key.user) for judged in keys if judged.unclear]
        if unclear:
            yield _("not known whether the keys of {users} are active", users=_(", ").join(unclear))
        if crowded.value:
            yield _("old and new key both active: {users}", users=crowded.note)
        if reading.users_problem is not None:
            yield _("the other users could not be read")
        keyless = self._keyless(reading)
        if keyless:
            yield _("IAM lists no key of {users}", users=_(", ").join(map(clean, keyless)))
        if reading.problems:
            yield _("not read: {users}", users=_(", ").join(map(clean, reading.problems)))
        if reading.used_problem is not None:
            yield _("the last use of keys could not be read")

    def _age(self, judged: JudgedKey) -> str:
        user = clean(judged.key.user)
        if judged.verdict is Verdict.ABNORMAL:
            text = _("the key of {user} is {age} old (limit {days} days)")
            return text.format(user=user, age=_days(judged.age), days=self._spec.max_age_days)
        text = _("the key of {user} is {age} old, due {due}")
        return text.format(user=user, age=_days(judged.age), due=self._due(judged))

    def _due(self, judged: JudgedKey) -> str:
        """The day by which the key must be rotated, and why it is not the last possible day."""
        if judged.due == judged.limit:
            return day_text(judged.due)
        return _(
            "{due} (before {limit}, which is closed)", due=day_text(judged.due), limit=day_text(judged.limit)
        )

    def _keys_table(self, keys: list[JudgedKey]) -> Evidence:
        rows = sorted(keys, key=lambda judged: (DISPLAY_ORDER.index(judged.verdict), -judged.age))
        columns = (
            _("IAM user"),
            _("Access key"),
            _("Key status"),
            _("Created on"),
            _("Age"),
            _("Rotate by"),
            _("Last used"),
        )
        return table(_("Access keys of every user"), columns, map(self._row, rows))

    def _keyless_table(self, reading: KeysRead) -> Evidence:
        users = [(clean(user),) for user, keys in reading.keys.items() if not keys]
        return table(_("Users without keys"), (_("IAM user"),), users)

    def _row(self, judged: JudgedKey) -> Row:
        key, day = judged.key, self.context.calendar.day_of
        cells = (
            clean(key.user),
            key.name,
            key.status or _("not given"),
            day_text(day(key.created)),
            _days(judged.age),
            self._due(judged) if key.active else "-",
            self._last_use(judged),
        )
        return Row(cells=cells, verdict=None if judged.verdict is Verdict.NORMAL else judged.verdict)

    def _last_use(self, judged: JudgedKey) -> str:
        use = judged.use
        if use is None:
            return _("not read")
        if use.at is None:
            return _("never used")
        day = day_text(self.context.calendar.day_of(use.at))
        return _("{day}: {service}, {region}", day=day, service=use.service or "-", region=use.region or "-")

    def _advice(self, keys: list[JudgedKey], crowded: list[str]) -> Iterator[str]:
        procedures = self.context.runbook.procedures
        steps = next((procedure.steps for procedure in procedures if procedure.id == PROCEDURE), ())
        if any(judged.key.active and judged.verdict is not Verdict.NORMAL for judged in keys):
            for number, step in enumerate(steps, 1):
                text = step.text + (_(" ({note})", note=step.note) if step.note else "")
                yield _("{number}. {step}", number=number, step=text)
        for judged in keys:
            if judged.leftover:
                yield _(
                    "Delete the key {key} of {user} once it is certain that it has been disabled for {days} days.",
                    key=judged.key.name,
                    user=clean(judged.key.user),
                    days=self._spec.delete_after_days,
                )
        for user in crowded:
            yield _("Disable the older key of {user}, unless something still uses it.", user=clean(user))

    def _remarks(self, reading: KeysRead, keys: list[JudgedKey], rules: KeyRules) -> Iterator[str]:
        if reading.users_problem is not None:
            text = _("Only the runbook's users were inspected: {problem}")
            yield text.format(problem=reading.users_problem.summary)
        for user, problem in reading.problems.items():
            yield _("{user}: {problem}", user=clean(user), problem=problem.summary)
        if reading.used_problem is not None:
            yield _("The last use of keys could not be read: {problem}", problem=reading.used_problem.summary)
        if reading.root_problem is not None:
            yield _("Root's keys and MFA were not read: {problem}", problem=reading.root_problem.summary)
        for user in reading.users:
            if len(reading.keys.get(user, ())) >= QUOTA:
                text = _(
                    "{user} has {count} keys, as many as IAM allows: a new one cannot be created until one is "
                    "deleted."
                )
                yield text.format(user=clean(user), count=len(reading.keys[user]))
        for judged in keys:
            if rules.unused(judged):
                text = _("The key {key} of {user} has not been used for {days} days: is it needed?")
                yield text.format(key=judged.key.name, user=clean(judged.key.user), days=judged.idle_days)
        if any(judged.leftover for judged in keys):
            yield _(
                "IAM does not record when a key was disabled, only that it was not used since the day shown."
            )


def _of(keys: list[JudgedKey], user: str) -> list[JudgedKey]:
    return [judged for judged in keys if judged.key.user == user]


def _days(count: int) -> str:
    return plural("{count} day", "{count} days", count, count=count)
