"""The account's root user: its access keys and MFA, which only GetAccountSummary reports.

Source: GetAccountSummary (IAM API reference).
"""

from services.aws.client.reader import Reader, incomplete, whole
from services.aws.iam.access_keys import REGION
from services.i18n import _
from services.models.iam import RootUser

_FIGURES = ("AccountAccessKeysPresent", "AccountMFAEnabled")


class RootUsers:
    """Reads IAM's figures on the root user."""

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
