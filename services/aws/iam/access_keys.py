"""Source: ListUsers, ListAccessKeys, GetAccessKeyLastUsed (IAM API reference)."""

from services.aws.client.errors import NotFound
from services.aws.client.reader import Answer, Reader, incomplete, not_found, rows, when, whole
from services.i18n import _
from services.models.base import RawId
from services.models.iam import AccessKey, IamUser, KeyUse, RootUser
from services.models.text import clean

REGION = "us-east-1"  # IAM is a global service with its endpoint in this region


class AccessKeys:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def users(self) -> tuple[IamUser, ...]:
        """Every user of the account, by name. Raises AwsError."""
        pages = self._session.pages("iam", "ListUsers", region=REGION, required=("Users",))
        users = [_user(row) async for page in pages for row in rows(page, "Users")]
        return tuple(sorted(users, key=lambda user: user.id))

    async def used(self, key: AccessKey) -> KeyUse:
        """When and for which service a key was last used. Raises AwsError."""
        answer = await self._session.read(
            "iam", "GetAccessKeyLastUsed", region=REGION, required=("AccessKeyLastUsed",), AccessKeyId=key.id
        )
        last = answer["AccessKeyLastUsed"]
        at = when(last.get("LastUsedDate"))
        # For a key that was never used, the service and the region are "N/A".
        return (
            KeyUse(at=at, service=last.get("ServiceName"), region=last.get("Region"))
            if at
            else KeyUse(at=None)
        )

    async def keys(self, users: tuple[str, ...]) -> tuple[AccessKey, ...]:
        """By user, then oldest first. Raises AwsError; NotFound names a user that does not exist."""
        return tuple([key for user in users for key in await self._of(user)])

    async def _of(self, user: str) -> list[AccessKey]:
        pages = self._session.pages(
            "iam", "ListAccessKeys", region=REGION, required=("AccessKeyMetadata",), UserName=user
        )
        try:
            keys = [_key(row, user) async for page in pages for row in rows(page, "AccessKeyMetadata")]
        except NotFound as error:
            raise not_found(
                _("IAM has no user {user}.", user=clean(user)),
                "iam",
                "ListAccessKeys",
                detail=error.problem.detail,
                remedy=_("Check the user names in the runbook (access_keys)."),
            ) from error
        return sorted(keys, key=lambda key: (key.created, key.id))


def _key(row: Answer, user: str) -> AccessKey:
    id, created = str(row.get("AccessKeyId") or ""), when(row.get("CreateDate"))
    if not id or created is None:
        # A skipped key would never be rotated.
        raise incomplete(
            _("IAM returned a key of {user} without its ID or creation date.", user=clean(user)),
            "iam",
            "ListAccessKeys",
        )
    return AccessKey(
        id=RawId(id),
        user=RawId(user),
        name=id,
        active=row.get("Status") == "Active",
        created=created,
        status=row.get("Status"),
    )


def _user(row: Answer) -> IamUser:
    name, created = str(row.get("UserName") or ""), when(row.get("CreateDate"))
    if not name or created is None:
        # The keys of a skipped user would never be rotated.
        raise incomplete(_("IAM returned a user without a name or creation date."), "iam", "ListUsers")
    return IamUser(
        id=RawId(name), name=name, created=created, password_used=when(row.get("PasswordLastUsed"))
    )


# The account's root user: its access keys and MFA, which only GetAccountSummary reports.
#
# Source: GetAccountSummary (IAM API reference).


_FIGURES = ("AccountAccessKeysPresent", "AccountMFAEnabled")


class RootUsers:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def root(self) -> RootUser:
        """The root user's access keys and MFA. Raises AwsError."""
        answer = await self._session.read("iam", "GetAccountSummary", region=REGION, required=("SummaryMap",))
        summary = answer["SummaryMap"] or {}
        # A figure with a damaged name could be one of root's.
        if not all(name.isalnum() for name in summary):
            raise incomplete(
                _("IAM returned figures of the account without names."), "iam", "GetAccountSummary"
            )
        keys, mfa = (whole(summary.get(name)) for name in _FIGURES)
        return RootUser(
            access_keys=keys,
            mfa=None if mfa is None else mfa > 0,
            unreadable=tuple(name for name in _FIGURES if name in summary and whole(summary[name]) is None),
        )
