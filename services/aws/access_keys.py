"""IAM access keys: when they were made, which are in use.

Source: ListAccessKeys (IAM API reference).
"""

from services.aws.reader import Reader, rows, when
from services.models.access_keys import AccessKey


class AccessKeys:
    """Reads the access keys of IAM users."""

    def __init__(self, session: Reader) -> None:
        self._session = session

    async def keys(self, users: tuple[str, ...]) -> tuple[AccessKey, ...]:
        """Every key of these users, by user, then oldest first. Raises AwsError."""
        raise NotImplementedError


__all__ = ["AccessKeys", "rows", "when"]
