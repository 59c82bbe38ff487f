"""Judges one access key by its age in calendar days, counted like the duty that rotates it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.calendar.calendar import Calendar
from services.models.iam import AccessKey, KeyUse
from services.models.runbook_inspections import AccessKeys as KeysSpec
from services.models.verdict import Verdict

QUOTA = 2
"""Maximum number of keys per user, including inactive ones."""
DISABLED = frozenset({"Inactive", "Expired"})
"""Statuses in which a key cannot be used."""


@dataclass(frozen=True, slots=True)
class JudgedKey:
    key: AccessKey
    use: KeyUse | None
    """None: not read."""
    age: int
    """Whole local days since it was created."""
    limit: date
    """The last day on which the key is not too old."""
    due: date
    """`limit`, or the business day before it."""
    verdict: Verdict
    leftover: bool
    """The key is disabled, possibly for longer than the runbook keeps such keys."""
    idle_days: int | None
    """Days since the key was last used, or created; None: unknown."""

    @property
    def unclear(self) -> bool:
        """Whether IAM reports a status that this version does not know, so that the key may be usable."""
        return not self.key.active and self.key.status not in DISABLED


class KeyRules:
    """The runbook's limits, applied on one day."""

    def __init__(self, spec: KeysSpec, calendar: Calendar, now: datetime) -> None:
        self._spec = spec
        self._calendar = calendar
        self._today = calendar.day_of(now)

    def judge(self, key: AccessKey, use: KeyUse | None) -> JudgedKey:
        """Judge an active key by its age, and a disabled one by how long it has been idle."""
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
        """Whether a user has the maximum number of active keys and none is new: the old one was not removed."""
        active = [judged for judged in keys if judged.key.active]
        return len(active) >= QUOTA and min(judged.age for judged in active) > self._spec.delete_after_days

    def unused(self, judged: JudgedKey) -> bool:
        """Whether an active key has not been used for longer than a key may be kept."""
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
