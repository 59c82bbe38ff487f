"""How far the rotation of a user's key is: from IAM, GitHub, the journal and the vault, read anew each time. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.changes.key_rotation.records import KeyRecords
from services.models.github import GithubSecret, WorkflowRun
from services.models.iam import AccessKey, KeyUse

KEYS_PER_USER = 2  # Most keys of one user, active or not ("IAM and AWS STS quotas")
SKEW = timedelta(minutes=1)  # Greatest difference between the clocks of AWS and GitHub
QUIET = timedelta(days=1)
"""How long a key that was used after the hand-over must be unused before it may be deactivated."""


class RotationPhase(StrEnum):
    START = "start"  # Fewer than two keys: a new one can be created
    UNREAD = "unread"
    """Two keys, and GitHub could not be read: whether the newer one was handed over is not known."""
    CREATED = "created"  # Two keys, the newer one not handed over; this console holds its secret
    ORPHANED = "orphaned"  # As CREATED, but the secret is not in this console
    HALF = "half"  # GitHub has only the id or only the secret of the new key: its workflows fail
    HANDED = "handed-over"  # Handed over; no proof yet that the new key is in use
    VERIFIED = "verified"  # A workflow ran after the hand-over, and AWS has seen the new key since
    DEACTIVATED = "deactivated"
    """The old key is inactive, and can be deleted once it has been for the runbook's days."""


@dataclass(frozen=True, slots=True)
class KeyState:
    key: AccessKey
    use: KeyUse

    @property
    def id(self) -> str:
        return str(self.key.id)

    @property
    def used(self) -> datetime | None:
        """When it was last used; None: never."""
        return self.use.at


@dataclass(frozen=True, slots=True)
class GithubState:
    key_id: GithubSecret
    secret: GithubSecret
    runs: tuple[WorkflowRun, ...] = ()  # Newest first


@dataclass(frozen=True, slots=True)
class RotationState:
    at: datetime
    user: str
    keys: tuple[KeyState, ...]  # Oldest first
    records: KeyRecords
    in_vault: frozenset[str] = frozenset()  # Ids of the keys whose secret this console holds
    github: GithubState | None = None  # None: the runbook names none, or it could not be read
    github_problem: str = ""  # Why GitHub could not be read
    delete_after: timedelta = timedelta(days=7)

    @property
    def old(self) -> KeyState | None:
        return self.keys[0] if self.keys else None

    @property
    def new(self) -> KeyState | None:
        return self.keys[-1] if len(self.keys) >= KEYS_PER_USER else None

    @property
    def is_new_ours(self) -> bool:
        return self.new is not None and (self.new.id in self.records.created or self.new.id in self.in_vault)

    @property
    def written(self) -> tuple[bool, bool]:
        """Whether GitHub's id and secret were written since the new key was created."""
        new, github = self.new, self.github
        if new is None or github is None:
            return False, False
        since = new.key.created - SKEW
        id, secret = github.key_id.updated_at, github.secret.updated_at
        id_written = id is not None and id >= since and not self._restored(id)
        return id_written, secret is not None and secret >= since

    def _restored(self, id_written: datetime) -> bool:
        restored = self.records.ids.get(self.keys[0].id)
        return restored is not None and restored.at >= id_written - SKEW

    @property
    def handed_at(self) -> datetime | None:
        new, github = self.new, self.github
        if new is None:
            return None
        times = [done.at for done in [self.records.handed.get(new.id)] if done is not None]
        if github is not None and all(self.written):
            written = (github.key_id.updated_at, github.secret.updated_at)
            times.append(max(time for time in written if time is not None))
        return max(times, default=None)

    @property
    def run(self) -> WorkflowRun | None:
        """The newest successful run that started after the hand-over; None: there is none."""
        handed = self.handed_at
        if handed is None or self.github is None:
            return None
        runs = self.github.runs
        return next((run for run in runs if run.succeeded and run.started_at >= handed), None)

    @property
    def new_used(self) -> datetime | None:
        new, handed = self.new, self.handed_at
        if new is None or handed is None or new.used is None:
            return None
        return new.used if new.used >= handed - SKEW else None

    @property
    def by_github(self) -> bool:
        """Whether the new key was handed over to GitHub, so that a workflow has to prove it."""
        return all(self.written)

    @property
    def verified(self) -> bool:
        return self.new_used is not None and (self.run is not None or not self.by_github)

    @property
    def old_used_since(self) -> datetime | None:
        """When the old key was last used, if that was after the hand-over and no run under way then explains it."""
        old, handed = self.old, self.handed_at
        if old is None or handed is None or old.used is None or old.used <= handed + SKEW:
            return None
        runs = self.github.runs if self.github else ()
        explained = any(run.started_at < handed and old.used <= run.updated_at + SKEW for run in runs)
        return None if explained else old.used

    @property
    def deactivated_at(self) -> datetime | None:
        done = self.records.deactivated.get(self.old.id) if self.old else None
        return done.at if done else None

    @property
    def deletable_at(self) -> datetime | None:
        since = self.deactivated_at
        return since + self.delete_after if since else None

    @property
    def phase(self) -> RotationPhase:
        old, new = self.old, self.new
        if old is None or (new is None and old.key.active):
            return RotationPhase.START
        if not old.key.active:
            return RotationPhase.DEACTIVATED
        assert new is not None
        if self.github_problem:
            return RotationPhase.UNREAD
        if self.handed_at is not None:
            return RotationPhase.VERIFIED if self.verified else RotationPhase.HANDED
        if any(self.written):
            return RotationPhase.HALF
        return RotationPhase.CREATED if new.id in self.in_vault else RotationPhase.ORPHANED
