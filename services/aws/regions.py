"""Which regions the account has enabled: nothing happens in the others.

Source: ListRegions (Account Management API reference), DescribeRegions (EC2).
"""

import re

from services.aws.reader import Answer, Reader, incomplete, rows
from services.i18n import _

REGION = "us-east-1"
"""Account Management is one for the whole account and is asked there."""
_NAME = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")


class Regions:
    """Reads the enabled regions of one account."""

    def __init__(self, session: Reader) -> None:
        self._session = session

    async def listed(self) -> tuple[str, ...]:
        """By Account Management, by name. Raises AwsError."""
        pages = self._session.pages(
            "account",
            "ListRegions",
            region=REGION,
            required=("Regions",),
            RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"],
        )
        return _names(
            [row async for page in pages for row in rows(page, "Regions")], "account", "ListRegions"
        )

    async def described(self) -> tuple[str, ...]:
        """The same by EC2, which leaves out those that are not enabled. Raises AwsError."""
        answer = await self._session.read("ec2", "DescribeRegions", required=("Regions",))
        return _names(rows(answer, "Regions"), "ec2", "DescribeRegions")


def _names(answered: list[Answer], service: str, operation: str) -> tuple[str, ...]:
    names = [str(row.get("RegionName") or "") for row in answered]
    # A region left out would be one where nobody looks.
    if not names or not all(_NAME.fullmatch(name) for name in names):
        raise incomplete(_("AWS lists regions without their names."), service, operation)
    return tuple(sorted(set(names)))
