"""The account's enabled regions; there is no activity in others. Source: ListRegions (Account Management API
reference), DescribeRegions (EC2), "Enable or disable AWS Regions in your account" (Account Management
reference)."""

import re
from collections.abc import Iterable

from services.aws.client.errors import AwsError
from services.aws.client.reader import Answer, Reader, incomplete, rows
from services.i18n import _
from services.models.cloudtrail import EnabledRegions

REGION = "us-east-1"  # Account Management is a global service with its endpoint in this region
_NAME = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")
DEFAULT = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
"""Regions without opt-in: enabled in every account, cannot be disabled."""
_APART = ("cn-", "us-gov-", "us-iso", "eu-iso", "eusc-")
"""Region prefixes of other partitions, whose accounts have none of the default regions."""


class Regions:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def enabled(self) -> EnabledRegions:
        """From Account Management, else EC2; default regions that both omit are added, with a problem. Never
        raises AwsError: the first problem names a permission that would suffice."""
        names: set[str] = set()
        problem = None
        for question in (self.listed, self.described):
            try:
                names.update(await question())
                if not (lost := missing_defaults(names)):
                    return EnabledRegions(names=tuple(sorted(names)))
                raise incomplete(
                    _("AWS did not list {regions}, which every account has.", regions=_(", ").join(lost)),
                    "account",
                    "ListRegions",
                )
            except AwsError as error:
                problem = problem or error.problem
        left_out = missing_defaults(names) if names else ()
        return EnabledRegions(names=tuple(sorted(names.union(left_out))), left_out=left_out, problem=problem)

    async def listed(self) -> tuple[str, ...]:
        """The enabled regions from Account Management, sorted. Raises AwsError."""
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
        """The same from EC2, which lists only enabled regions by default. Raises AwsError."""
        answer = await self._session.read("ec2", "DescribeRegions", required=("Regions",))
        return _names(rows(answer, "Regions"), "ec2", "DescribeRegions")


def missing_defaults(names: Iterable[str]) -> tuple[str, ...]:
    listed = set(names)
    if all(name.startswith(_APART) for name in listed):
        return ()
    return tuple(name for name in DEFAULT if name not in listed)


def _names(answered: list[Answer], service: str, operation: str) -> tuple[str, ...]:
    names = [str(row.get("RegionName") or "") for row in answered]
    # A skipped region would never be inspected.
    if not names or not all(_NAME.fullmatch(name) for name in names):
        raise incomplete(_("AWS returned regions without names."), service, operation)
    return tuple(sorted(set(names)))
