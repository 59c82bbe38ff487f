"""Whether a finding of damaged answers is better than the whole ones', and what an answer cannot show."""

from services.models.findings import Finding
from services.models.verdict import Verdict
from tests.tools.mutations import Mutation

BETTER = {Verdict.UNKNOWN: {Verdict.NORMAL}, Verdict.ATTENTION: {Verdict.NORMAL}}
BETTER[Verdict.ABNORMAL] = {Verdict.NORMAL, Verdict.ATTENTION}
"""Verdicts that would be better than the whole answer's; not judged is honest of anything, as is bad and not whole."""
BAD = (Verdict.ATTENTION, Verdict.ABNORMAL)
ABSENT_IS_NONE = frozenset(
    {
        "ForcedApplyDate",  # of maintenance: AWS leaves out the dates that there are not
        "AutoAppliedAfterDate",
        "CurrentApplyDate",
        "OptInStatus",
        "EvaluationState",  # of an alarm: only where it could not be evaluated
        "ActionsSuppressedBy",
        "WarmUpConfiguration",  # of an alarm: only where one was set
        "ForecastedSpend",  # of a budget: where AWS has a forecast
        "LatestDeliveryError",  # of a trail: only where files do not arrive
        "ScalableTargetAction.MinCapacity",  # of a scheduled action: a bound that it leaves as it is
        "ScalableTargetAction.MaxCapacity",
        "stat",  # of a dashboard's metric: where it is Average
        "AlarmMuteRuleSummaries",  # optional in AWS's model: an account without active rules may lack the key
        "CompositeAlarms",  # the runbook's alarms are expected by name; nothing shows which others there are
        "Budgets",  # an account without budgets is answered without the key
        "PendingModifiedValues.DBInstanceClass",  # of a database: only settings that wait for the window
    }
)
"""Keys, or ends of paths, that a whole answer omits where there is nothing to report: a lost one cannot be seen."""
EMPTY_IS_NONE = frozenset({"PendingModifiedValues"})
"""Structures that RDS sends without members where nothing waits; without the structure itself nothing is judged."""
UNCOUNTED = frozenset(
    {
        # Nothing says how many events there are; a page may even be empty and have a token (CloudTrail API reference).
        ("LookupEvents", "Events"),
        # A user may have no key, one or two, and no other answer counts them.
        ("ListAccessKeys", "AccessKeyMetadata"),
        # An event lacks the fields that it was written without; rows are counted (statistics.recordsMatched).
        ("GetQueryResults", "results.*"),
        # A service that nothing scaled lately has none, and no other answer counts them.
        ("DescribeScalingActivities", "ScalingActivities"),
        # A dashboard shows what people put on it: what the runbook names is read from its targets then, and of the
        # rest it says that it is not judged.
        ("GetDashboard", "widgets"),
        ("GetDashboard", "metrics"),
        # An account has any number of mute rules, and nothing else counts them.
        ("ListAlarmMuteRules", "AlarmMuteRuleSummaries"),
        # Beyond the runbook's alarms, which are expected by name, an account has any number.
        ("DescribeAlarms", "CompositeAlarms"),
        # A target has any number of scheduled actions.
        ("DescribeScheduledActions", "ScheduledActions"),
        # An account has any number of budgets, and the runbook names none of AWS's.
        ("DescribeBudgets", "Budgets"),
        # Where nothing waits the list is sent empty; nothing else shows how many actions there are.
        ("DescribePendingMaintenanceActions", "PendingMaintenanceActions"),
    }
)
"""Lists, by the operation and the end of the path, of which AWS's contract does not say how many members they
have. Of all others a lost member is held against the inspection: members are expected by name (alarms,
services, metrics), by date (snapshots, days of costs) or by a count (log events). Where what is lost is one
of several faults, the worse ones decide, and nothing is shown of it here."""
OTHER_NAMES = frozenset(
    {
        ("GetDashboard", "metrics.*.*"),
        ("GetWebACLForResource", "Rules.*.VisibilityConfig.MetricName"),
        # A rule may outlive its alarm, and be another team's: a readable name that is not there is reported in a remark.
        ("GetAlarmMuteRule", "MuteTargets.AlarmNames.*"),
    }
)
"""Names, by the operation and the end of the path, in place of which another one is as good a name."""
TOLD = frozenset({("DescribeLogGroups", "logGroupName"), ("DescribeAlarms", "AlarmName")})
"""Names of rows, by the operation and the key: a row of another name is not there, which the finding says."""


def too_good(whole: Finding, damaged: Finding) -> str:
    """In what the finding of a damaged answer is better than the whole one's; "": in nothing."""
    if damaged.verdict is Verdict.UNKNOWN or (damaged.verdict in BAD and not damaged.complete):
        return ""
    if damaged.verdict in BETTER.get(whole.verdict, ()):
        return f"{whole.verdict} became {damaged.verdict}"
    measures = {str(each.title): each for each in damaged.measures}
    judged = [each for each in whole.measures if each.verdict is not None]
    why = [
        f"{each.title}: {each.verdict} became {measures[each.title].verdict}"
        for each in judged
        if each.title in measures and measures[each.title].verdict in BETTER.get(each.verdict, ())
    ]
    before = {each.title: each.verdict for each in whole.measures}
    # Told under another name, or another measure became as bad by it: then it is no better.
    instead = {each.verdict for each in damaged.measures if before.get(each.title) is not each.verdict}
    text = " ".join((damaged.summary, *damaged.remarks))
    why += [
        f"{each.title}: {each.verdict} is gone"
        for each in judged
        if each.verdict in BAD and each.title not in measures and str(each.title) not in text
        if not instead - {None} - BETTER[each.verdict]
    ]
    return "; ".join(why)


def takes_name(mutation: Mutation) -> bool:
    """Whether it takes a row's name, so that the row is not there."""
    return (mutation.operation, mutation.steps[-1] if mutation.steps else "") in TOLD


def unseen(mutation: Mutation) -> bool:
    """Whether the damaged answer is one that AWS may send: it does not show that something is missing."""
    steps = mutation.steps
    if mutation.kind == "word":
        return _ends(mutation.operation, ".".join(steps), OTHER_NAMES)
    if mutation.lossy:
        rows = steps[:-1] if mutation.kind in ("row", "missing") else steps
        return _ends(mutation.operation, ".".join(rows), UNCOUNTED)
    if mutation.kind == "null" and steps[-1:] and steps[-1] in EMPTY_IS_NONE:
        return True
    return mutation.kind in ("missing", "null") and not ABSENT_IS_NONE.isdisjoint(
        (".".join(steps[-1:]), ".".join(steps[-2:]))
    )


def _ends(operation: str, path: str, ends: frozenset[tuple[str, str]]) -> bool:
    return any(operation == of and f".{path}".endswith(f".{end}") for of, end in ends)


def same(one: Finding, other: Finding) -> bool:
    """Whether both say the same, whenever they were read and whatever it cost."""
    return one.model_dump(exclude={"read_at", "cost"}) == other.model_dump(exclude={"read_at", "cost"})
