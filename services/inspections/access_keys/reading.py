"""Reads access keys: every user, their keys, and each key's last use."""

from collections.abc import Callable
from dataclasses import dataclass, field

from services.aws.client.errors import AwsError
from services.aws.client.reader import Reader
from services.aws.iam.access_keys import AccessKeys
from services.aws.iam.root_user import RootUsers
from services.i18n import _
from services.models.findings import Progress
from services.models.iam import AccessKey, IamUser, KeyUse, RootUser
from services.models.problem import Problem, ProblemKind


@dataclass(slots=True)
class KeysRead:
    """Everything that was read; problems are stored beside the parts that could be read."""

    users: tuple[str, ...] = ()
    """User names, the runbook's first."""
    keys: dict[str, tuple[AccessKey, ...]] = field(default_factory=dict)
    """By user; a user without keys has an empty entry, a user that was not read has none."""
    used: dict[str, KeyUse] = field(default_factory=dict)
    """By key id; a key without an entry was not read."""
    users_problem: Problem | None = None
    """Why only the runbook's users were read."""
    problems: dict[str, Problem] = field(default_factory=dict)
    """Why a user's keys were not read."""
    root: RootUser | None = None
    root_problem: Problem | None = None
    used_problem: Problem | None = None
    """Why the last use of a key was not read."""

    @property
    def all_keys(self) -> list[AccessKey]:
        """Every key, by user, then oldest first."""
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
        text = _("{user}: keys…").format(user=user)
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
