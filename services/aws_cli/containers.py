"""Commands that read an ECS service, its scaling and its targets. Source: DescribeServices,
ListServiceDeployments (Amazon ECS API reference), DescribeScalableTargets, DescribeScalingPolicies,
DescribeScheduledActions, DescribeScalingActivities (Application Auto Scaling), DescribeTargetHealth (Elastic
Load Balancing)."""

from collections.abc import Iterator, Sequence

from services.aws.autoscaling.reader import DIMENSION
from services.aws_cli.calls import call
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.runbook import Runbook


def service_state(cluster: str, name: str) -> CliCommand:
    return call(
        "ecs",
        "DescribeServices",
        {"cluster": cluster, "services": [name]},
        query="[failures[].reason,services[].{Status:status,Running:runningCount,Pending:pendingCount,"
        "Desired:desiredCount,Deployments:deployments[].rolloutState,Events:events[:5].message}]",
        output="json",
        purpose=_(
            "Tasks of {name}. Normal: Running equals Desired, Pending is 0, one deployment COMPLETED."
        ).format(name=name),
        traps=(_("A misspelt service is no error: AWS answers MISSING in failures, and no service."),),
    )


def service_deployments(cluster: str, name: str) -> CliCommand:
    return call(
        "ecs",
        "ListServiceDeployments",
        {"cluster": cluster, "service": name, "maxResults": 5},
        query="serviceDeployments[].[createdAt,status,statusReason,targetServiceRevisionArn]",
        purpose=_(
            "The newest deployments of {name}. At the end: SUCCESSFUL, or ROLLBACK_SUCCESSFUL after a rollback."
        ).format(name=name),
    )


def scaling_bounds(cluster: str, name: str) -> CliCommand:
    return call(
        "application-autoscaling",
        "DescribeScalableTargets",
        {
            "ServiceNamespace": "ecs",
            "ResourceIds": [_resource(cluster, name)],
            "ScalableDimension": DIMENSION,
        },
        query="ScalableTargets[].{Min:MinCapacity,Max:MaxCapacity,SuspendedOut:SuspendedState.DynamicScalingOutSuspended}",
        purpose=_("Bounds of {name}. No row: Auto Scaling is not configured.", name=name),
    )


def scaling_activities(cluster: str, name: str) -> CliCommand:
    return call(
        "application-autoscaling",
        "DescribeScalingActivities",
        {**_of(cluster, name), "IncludeNotScaledActivities": True},
        query="ScalingActivities[:20].[StartTime,StatusCode,Description,NotScaledReasons[0].Code]",
        purpose=_("Whether Auto Scaling works. AlreadyAtMaxCapacity: the maximum holds it back."),
        traps=(
            _(
                "describe-services does not answer this; without --include-not-scaled-activities refusals are missing."
            ),
        ),
    )


def scaling_policies(cluster: str, name: str) -> CliCommand:
    """The policies that raise and lower the desired count."""
    return call(
        "application-autoscaling",
        "DescribeScalingPolicies",
        _of(cluster, name),
        query="ScalingPolicies[].[PolicyName,PolicyType,TargetTrackingScalingPolicyConfiguration.TargetValue]",
        purpose=_("Scaling policies of {name} and their targets. No row: nothing scales it.", name=name),
    )


def scheduled_actions(cluster: str, name: str) -> CliCommand:
    return call(
        "application-autoscaling",
        "DescribeScheduledActions",
        _of(cluster, name),
        query="ScheduledActions[].[ScheduledActionName,Schedule,Timezone,ScalableTargetAction.MaxCapacity]",
        purpose=_("Scheduled actions of {name}: what AWS sets by itself, and when.", name=name),
    )


def service_scaling(cluster: str, name: str) -> Sequence[CliCommand]:
    reads = (service_state, scaling_bounds, scaling_policies, scheduled_actions, scaling_activities)
    return [read(cluster, name) for read in reads]


def target_health(runbook: Runbook, region: str) -> Iterator[CliCommand]:
    alb = runbook.alb
    if alb is None or not alb.target_group:
        return
    place = f"{region}:{runbook.system.account}"
    yield call(
        "elbv2",
        "DescribeTargetHealth",
        {"TargetGroupArn": f"arn:aws:elasticloadbalancing:{place}:{alb.target_group}"},
        query="TargetHealthDescriptions[].[Target.Id,TargetHealth.State,TargetHealth.Reason]",
        purpose=_("Targets behind the load balancer. Normal: healthy. No row: all requests get 503."),
        traps=(_("The rate alone hides a total outage: without targets no request is counted."),),
    )


def _of(cluster: str, name: str) -> dict[str, str]:
    return {"ServiceNamespace": "ecs", "ResourceId": _resource(cluster, name), "ScalableDimension": DIMENSION}


def _resource(cluster: str, name: str) -> str:
    return f"service/{cluster}/{name}"
