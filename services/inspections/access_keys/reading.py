"""What the look at access keys reads: every user, their keys, and when each was used last."""

from collections.abc import Callable
from dataclasses import dataclass, field

from services.aws.client.errors import AwsError
from services.aws.client.reader import Reader
from services.aws.iam.access_keys import AccessKeys
from services.i18n import _
from services.models.access_keys import AccessKey, IamUser, KeyUse
from services.models.findings import Progress
from services.models.problem import Problem, ProblemKind


@dataclass(slots=True)
class KeysRead:
    """Everything that was read; a problem stands beside what could be read."""

    users: tuple[str, ...] = ()
    """Names, the runbook's first."""
    keys: dict[str, tuple[AccessKey, ...]] = field(default_factory=dict)
    """By user; one without keys has an empty entry, one that was not read has none."""
    used: dict[str, KeyUse] = field(default_factory=dict)
    """By key id; a key that is not here was not read."""
    users_problem: Problem | None = None
    """Why only the runbook's users were looked at."""
    problems: dict[str, Problem] = field(default_factory=dict)
    """Why a user's keys were not read."""
    used_problem: Problem | None = None
    """Why some key's last use was not read."""

    @property
    def every(self) -> list[AccessKey]:
        """Every key, by user, then oldest first."""
        return [key for user in self.users for key in self.keys.get(user, ())]


async def read_keys(reader: Reader, listed: tuple[str, ...], tell: Callable[[Progress], None]) -> KeysRead:
    """Read it all; `listed` are the runbook's users. Raises AwsError where not one user's keys could be read."""
    asked, found = AccessKeys(reader), KeysRead()
    users: tuple[IamUser, ...] = ()
    try:
        users = await asked.users()
    except AwsError as error:
        found.users_problem = error.problem
        if not listed:
            raise
    found.users = tuple(dict.fromkeys([*listed, *(user.id for user in users)]))
    failure: AwsError | None = None
    for number, user in enumerate(found.users):
        text = _("{user}: keys…").format(user=user)
        tell(Progress(text=text, done=number, total=len(found.users)))
        try:
            found.keys[user] = await asked.keys((user,))
        except AwsError as error:
            found.problems[user], failure = error.problem, error
    if failure is not None and not found.keys:
        raise failure
    await _last_used(asked, found)
    return found


async def _last_used(asked: AccessKeys, found: KeysRead) -> None:
    for key in found.every:
        try:
            found.used[key.id] = await asked.used(key)
        except AwsError as error:
            found.used_problem = error.problem
            if error.problem.kind is ProblemKind.ACCESS_DENIED:
                # The permission does not come back from key to key.
                return
