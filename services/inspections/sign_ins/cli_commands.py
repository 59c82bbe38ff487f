"""The inspection of sign-ins and changes by hand."""

from collections.abc import Iterator

from services.aws.regions import REGION
from services.aws_cli.calls import call
from services.i18n import _
from services.inspections.sign_ins.questions import EVERY_WRITE, Purpose, Question, plan
from services.models.aws_cli import CliCommand
from services.models.metrics import TimeSpan
from services.models.runbook_inspections import Trail


def commands_of(spec: Trail, home: str, span: TimeSpan) -> Iterator[CliCommand]:
    """The enabled regions, then the look-ups: sign-ins first, then root, then changes."""
    yield call(
        "account",
        "ListRegions",
        {"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]},
        region=REGION,
        query="Regions[].RegionName",
        output="text",
        purpose=_("The enabled regions. For each that is missing below, repeat the sign-in command."),
    )
    yield call(
        "iam",
        "GetAccountSummary",
        {},
        region=REGION,
        query="SummaryMap.{RootKeys:AccountAccessKeysPresent,RootMFA:AccountMFAEnabled}",
        purpose=_("Root. Normal: RootKeys 0, RootMFA 1."),
    )
    seen: set[Purpose] = set()
    for question in plan(spec, home, (), ()):
        yield _lookup(question, span, first=question.purpose not in seen)
        seen.add(question.purpose)
    yield call(
        "cloudtrail",
        "DescribeTrails",
        {"includeShadowTrails": True},
        query="trailList[].[Name,HomeRegion,IsMultiRegionTrail,S3BucketName]",
        purpose=_("The trails. Normal: at least one of all regions; get-trail-status shows whether it logs."),
    )


def _lookup(question: Question, span: TimeSpan, *, first: bool) -> CliCommand:
    value = "false" if question.value == EVERY_WRITE else question.value
    return call(
        "cloudtrail",
        "LookupEvents",
        {
            "LookupAttributes": [{"AttributeKey": question.key, "AttributeValue": value}],
            "StartTime": span.start,
            "EndTime": span.end,
        },
        region=question.region,
        query="Events[].[CloudTrailEvent]",
        output="text",
        purpose=_purpose(question),
        traps=tuple(_traps(question.purpose)) if first else (),
    )


def _purpose(question: Question) -> str:
    texts = {
        Purpose.SIGN_IN: _("Sign-ins in {region}. Normal: known people, known addresses, MFAUsed Yes."),
        Purpose.ROOT: _("Root's activity in {region}. Normal: none."),
        Purpose.GRAVE: _("{event} in {region}. Normal: none, or one that was agreed."),
        Purpose.GLOBAL: _("{event} in {region}. Normal: none, or one that was agreed."),
        Purpose.USER: _("{event} in {region}."),
    }
    event = question.value if question.value != EVERY_WRITE else _("All changes")
    return texts[question.purpose].format(region=question.region, event=event)


def _traps(purpose: Purpose) -> Iterator[str]:
    if purpose is Purpose.SIGN_IN:
        yield _(
            "Tokyo alone shows next to nothing: from Japan most sign-ins are recorded in Sydney, root's in us-east-1."
        )
        yield _(
            "Events[*].SourceIPAddress is always None: the address is inside CloudTrailEvent (sourceIPAddress)."
        )
    if purpose is Purpose.GRAVE:
        yield _(
            "ConsoleLogin alone shows no change; one look-up takes one attribute, hence one command per event."
        )
        yield _("Deleted S3 objects are in no event history, only deleted buckets.")
    if purpose is Purpose.GLOBAL:
        yield _("Changes of IAM and CloudFront are recorded in us-east-1 only, wherever they were made.")
