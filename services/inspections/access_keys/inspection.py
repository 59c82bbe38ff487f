"""How old every user's access keys are, when they were used last, and what lies about unused.

The written runbook looks at one user, and at 90 days as if they were a quarter: they count from the day a key was
made, and the day itself is the last one, so a due date on a closed day comes earlier.
"""

from collections.abc import Iterator
from datetime import date

from services.calendar.wording import day_words
from services.i18n import _, plural
from services.inspections.access_keys.evaluation import QUOTA, JudgedKey, KeyRules
from services.inspections.access_keys.reading import KeysRead, read_keys
from services.inspections.base import Inspection, InspectionRequest, table
from services.models.findings import TOLD, Evidence, Finding, Measure, Row, worst
from services.models.runbook_looks import AccessKeys as KeysSpec
from services.models.text import clean
from services.models.verdict import Verdict

PROCEDURE = "rotate-key"
"""Id of the runbook's procedure, where it has one."""


class KeyAges(Inspection):
    """Every user's keys against the runbook's greatest age."""

    async def run(self, request: InspectionRequest) -> Finding:
        """Read, judge, and make a finding of it. Raises AwsError where nothing at all could be read."""
        context, spec = self.context, self._spec
        read = await read_keys(context.reader, spec.users, request.tell)
        rules = KeyRules(spec, context.calendar, request.until)
        judged = [rules.judge(key, read.used.get(key.id)) for key in read.every]
        crowded = [user for user in read.users if rules.crowded(_of(judged, user))]
        measured = tuple(self._measures(read, judged, crowded))
        return self.found(
            request,
            worst(each.verdict for each in measured) or Verdict.UNKNOWN,
            self._summary(read, judged, measured),
            windowed=False,
            measures=measured,
            evidence=tuple(self._evidence(read, judged)),
            advice=self._advice(judged, crowded),
            remarks=tuple(self._remarks(read, judged, rules)),
        )

    @property
    def _spec(self) -> KeysSpec:
        spec = self.context.runbook.access_keys
        assert spec is not None
        return spec

    # What was measured

    def _measures(self, read: KeysRead, judged: list[JudgedKey], crowded: list[str]) -> Iterator[Measure]:
        spec, unread = self._spec, Verdict.UNKNOWN if read.problems or read.users_problem else Verdict.NORMAL
        active = [each for each in judged if each.key.active]
        oldest = max(active, key=lambda each: each.age, default=None)
        yield Measure(
            title=_("Oldest active key"),
            shown=_days(oldest.age) if oldest else _("there is none"),
            allowed=_("at most {days} days").format(days=spec.max_age_days),
            verdict=worst([unread, *(each.verdict for each in active)]),
            value=oldest.age if oldest else None,
            unit="days",
            note=_("{user}, due {due}").format(user=clean(oldest.key.user), due=self._due(oldest))
            if oldest
            else "",
        )
        left = [each for each in judged if each.leftover]
        yield Measure(
            title=_("Keys left over"),
            shown=str(len(left)),
            allowed=_("0 (deleted {days} days after they were disabled)").format(days=spec.delete_after_days),
            verdict=worst([unread, *(each.verdict for each in judged if not each.key.active)]),
            value=len(left),
        )
        yield Measure(
            title=_("Users with an old key beside the new one"),
            shown=str(len(crowded)),
            allowed="0",
            verdict=worst([unread, *(Verdict.ATTENTION for _user in crowded)]),
            value=len(crowded),
            note=_(", ").join(map(clean, crowded)),
        )
        yield Measure(
            title=_("Users looked at"),
            shown=_("{count} of all").format(count=len(read.keys))
            if read.users_problem is None
            else _("only {count} of the runbook").format(count=len(read.keys)),
            verdict=unread,
            value=len(read.keys),
        )
        if judged:
            known = sum(each.use is not None for each in judged)
            yield Measure(
                title=_("Keys whose last use was read"),
                shown=_("{count} of {all}").format(count=known, all=len(judged)),
                verdict=Verdict.NORMAL if known == len(judged) else Verdict.UNKNOWN,
                value=known,
            )
        keyless = self._keyless(read)
        if keyless:
            # Whether they were deleted or are only not listed, nobody can see.
            yield Measure(
                title=_("Users of the runbook without a key"),
                shown=_(", ").join(map(clean, keyless)),
                allowed=_("none"),
                verdict=Verdict.UNKNOWN,
                value=len(keyless),
            )

    def _keyless(self, read: KeysRead) -> list[str]:
        """Users whose keys the runbook rotates, and of whom IAM lists none."""
        return [user for user in self._spec.users if user in read.keys and not read.keys[user]]

    def _summary(self, read: KeysRead, judged: list[JudgedKey], measured: tuple[Measure, ...]) -> str:
        worse = [each for each in judged if each.key.active and each.verdict is not Verdict.NORMAL]
        said = [self._said(each) for each in sorted(worse, key=lambda each: -each.age)]
        left = sum(each.leftover for each in judged)
        if left:
            said.append(plural("{count} key left over", "{count} keys left over", left).format(count=left))
        unclear = [clean(each.key.user) for each in judged if each.unclear]
        if unclear:
            said.append(
                _("whether the keys of {users} can be used is not known").format(users=_(", ").join(unclear))
            )
        if measured[2].value:
            said.append(_("an old key beside the new one: {users}").format(users=measured[2].note))
        if read.users_problem is not None:
            said.append(_("the other users could not be read"))
        keyless = self._keyless(read)
        if keyless:
            said.append(_("IAM lists no key of {users}").format(users=_(", ").join(map(clean, keyless))))
        if read.problems:
            said.append(_("not read: {users}").format(users=_(", ").join(map(clean, read.problems))))
        if read.used_problem is not None:
            said.append(_("when keys were used last could not be read"))
        if said:
            return _("; ").join(said)
        counted = plural("{count} key of {users} users", "{count} keys of {users} users", len(judged)).format(
            count=len(judged), users=len(read.keys)
        )
        oldest = measured[0]
        if oldest.value is None:
            return counted
        return _("{counted}: the oldest is {age} old ({note})").format(
            counted=counted, age=oldest.shown, note=oldest.note
        )

    def _said(self, each: JudgedKey) -> str:
        user = clean(each.key.user)
        if each.verdict is Verdict.ABNORMAL:
            text = _("the key of {user} is {age} old, allowed are {days} days")
            return text.format(user=user, age=_days(each.age), days=self._spec.max_age_days)
        text = _("the key of {user} is {age} old, due {due}")
        return text.format(user=user, age=_days(each.age), due=self._due(each))

    def _due(self, each: JudgedKey) -> str:
        """The day by which it is rotated, and why it is not the last one."""
        if each.due == each.limit:
            return day_words(each.due)
        return _("{due} (before {limit}, which is closed)").format(
            due=day_words(each.due), limit=day_words(each.limit)
        )

    # Evidence

    def _evidence(self, read: KeysRead, judged: list[JudgedKey]) -> Iterator[Evidence]:
        rows = sorted(judged, key=lambda each: (TOLD.index(each.verdict), -each.age))
        columns = (
            _("IAM user"),
            _("access key"),
            _("status"),
            _("created"),
            _("age"),
            _("rotate by"),
            _("last used"),
        )
        if rows:
            yield table(_("Access keys of every user"), columns, map(self._row, rows))
        idle = [clean(user) for user, keys in read.keys.items() if not keys]
        if idle:
            yield table(_("Users without keys"), (_("IAM user"),), [(user,) for user in idle])

    def _row(self, each: JudgedKey) -> Row:
        key, day = each.key, self.context.calendar.day_of
        cells = (
            clean(key.user),
            key.name,
            key.status or _("not said"),
            day(key.created).isoformat(),
            _days(each.age),
            self._due(each) if key.active else "-",
            self._used(each),
        )
        return Row(cells=cells, verdict=None if each.verdict is Verdict.NORMAL else each.verdict)

    def _used(self, each: JudgedKey) -> str:
        if each.use is None:
            return _("not read")
        if each.use.at is None:
            return _("never used")
        local: date = self.context.calendar.day_of(each.use.at)
        return _("{day}: {service}, {region}").format(
            day=local.isoformat(), service=each.use.service or "-", region=each.use.region or "-"
        )

    # What to do, and what to know

    def _advice(self, judged: list[JudgedKey], crowded: list[str]) -> Iterator[str]:
        """The runbook's own steps."""
        steps = next((each.steps for each in self.context.runbook.procedures if each.id == PROCEDURE), ())
        if any(each.key.active and each.verdict is not Verdict.NORMAL for each in judged):
            for number, step in enumerate(steps, 1):
                said = f"{step.text} ({step.note})" if step.note else step.text
                yield _("{number}. {step}").format(number=number, step=said)
        for each in judged:
            if each.leftover:
                text = _(
                    "Delete the key {key} of {user}, once it is certain that it has been disabled for {days} days."
                )
                yield text.format(
                    key=each.key.name, user=clean(each.key.user), days=self._spec.delete_after_days
                )
        for user in crowded:
            yield _("Disable the older key of {user}, unless something still uses it.").format(
                user=clean(user)
            )

    def _remarks(self, read: KeysRead, judged: list[JudgedKey], rules: KeyRules) -> Iterator[str]:
        if read.users_problem is not None:
            text = _("Only the runbook's users were looked at: {problem}")
            yield text.format(problem=read.users_problem.summary)
        for user, problem in read.problems.items():
            yield _("{user}: {problem}").format(user=clean(user), problem=problem.summary)
        if read.used_problem is not None:
            yield _("When keys were used last was not read: {problem}").format(
                problem=read.used_problem.summary
            )
        for user in read.users:
            if len(read.keys.get(user, ())) >= QUOTA:
                text = _(
                    "{user} has {count} keys, as many as IAM allows: making a new one fails until one is deleted."
                )
                yield text.format(user=clean(user), count=len(read.keys[user]))
        for each in judged:
            if rules.unused(each):
                text = _("The key {key} of {user} was not used for {days} days: is it needed?")
                yield text.format(key=each.key.name, user=clean(each.key.user), days=each.idle_days)
        if any(each.leftover for each in judged):
            yield _(
                "IAM does not say when a key was disabled: only that it was not used since the day shown."
            )


def _of(judged: list[JudgedKey], user: str) -> list[JudgedKey]:
    return [each for each in judged if each.key.user == user]


def _days(count: int) -> str:
    return plural("{count} day", "{count} days", count).format(count=count)
