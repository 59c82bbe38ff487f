from collections.abc import Iterable, Iterator

from services.aws.regions import REGION
from services.aws_cli.calls import call
from services.i18n import _
from services.inspections.sign_ins.reading import EVERY_WRITE, Purpose, Question, plan
from services.models.aws_cli import CliCommand, Variable
from services.models.metrics import TimeSpan
from services.models.runbook_inspections import Trail

REGION_NAME, EVENT = "REGION", "EVENT"  # Shell variables for which a look-up is repeated


def commands_of(spec: Trail, home: str, span: TimeSpan) -> Iterator[CliCommand]:
    """The enabled regions, then the look-ups: sign-ins first, then root, then changes."""
    yield call(
        "account",
        "ListRegions",
        {"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]},
        region=REGION,
        query="Regions[].RegionName",
        output="text",
        purpose=_("The enabled regions. Add those that are missing in the next lines."),
    )
    yield call(
        "iam",
        "GetAccountSummary",
        {},
        region=REGION,
        query="SummaryMap.{RootKeys:AccountAccessKeysPresent,RootMFA:AccountMFAEnabled}",
        purpose=_("Root. Normal: RootKeys 0, RootMFA 1."),
    )
    questions = plan(spec, home, (), ())
    for purpose in Purpose:
        traps = tuple(_traps(purpose))
        for group in _grouped(question for question in questions if question.purpose is purpose):
            yield _lookups(group, span).model_copy(update={"traps": traps})
            traps = ()
    yield call(
        "cloudtrail",
        "DescribeTrails",
        {"includeShadowTrails": True},
        query="trailList[].[Name,HomeRegion,IsMultiRegionTrail,S3BucketName]",
        purpose=_("The trails. Normal: at least one of all regions; get-trail-status shows whether it logs."),
    )


def _grouped(questions: Iterable[Question]) -> Iterable[list[Question]]:
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.value if question.key != "EventName" else question.region, []).append(
            question
        )
    return groups.values()


def _lookups(questions: list[Question], span: TimeSpan) -> CliCommand:
    first = questions[0]
    by_event = first.key == "EventName"
    value = Variable(EVENT) if by_event else "false" if first.value == EVERY_WRITE else first.value
    values = [question.value if by_event else question.region for question in questions]
    return call(
        "cloudtrail",
        "LookupEvents",
        {
            "LookupAttributes": [{"AttributeKey": first.key, "AttributeValue": value}],
            "StartTime": span.start,
            "EndTime": span.end,
        },
        region=first.region if by_event else Variable(REGION_NAME),
        repeats=(EVENT if by_event else REGION_NAME, values),
        query="Events[].[CloudTrailEvent]",
        output="text",
        purpose=_purpose(first),
    )


def _purpose(question: Question) -> str:
    texts = {
        Purpose.SIGN_IN: _(
            "Sign-ins in each region. Normal: known people, known sourceIPAddress, MFAUsed Yes."
        ),
        Purpose.ROOT: _("Root's activity in each region. Normal: none."),
        Purpose.GRAVE: _("Destructive changes in {region}. Normal: none but those that were agreed."),
        Purpose.GLOBAL: _("Changes of users, keys and permissions. Normal: none but those that were agreed."),
    }
    if question.value == EVERY_WRITE:
        return _("All changes in the regions where the system is not. Normal: none.")
    return texts[question.purpose].format(region=question.region)


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
            "ConsoleLogin alone shows no change; one look-up takes one attribute, hence the loop over the events."
        )
        yield _("Deleted S3 objects are in no event history, only deleted buckets.")
    if purpose is Purpose.GLOBAL:
        yield _("Changes of IAM and CloudFront are recorded in us-east-1 only, wherever they were made.")
