"""AWS's codes in words for an operator. Source: "Health check reason codes" and DescribeTargetHealth (Elastic
Load Balancing v2 API reference), "Stopped tasks error messages" and StopCode (Amazon ECS API reference),
NotScaledReason (Application Auto Scaling API reference)."""

from services.i18n import N_, _
from services.models.ecs import Deployment

TARGET_STATES = {
    "healthy": N_("healthy"),
    "unhealthy": N_("unhealthy"),
    "unhealthy.draining": N_("unhealthy, being deregistered"),
    "initial": N_("registering: first health checks"),
    "draining": N_("being deregistered"),
    "unused": N_("not used"),
    "unavailable": N_("health checks are off"),
}
TARGET_REASONS = {
    "Target.FailedHealthChecks": N_("the health check fails: no connection, or a malformed answer"),
    "Target.Timeout": N_("the health check times out: too slow"),
    "Target.ResponseCodeMismatch": N_("the health check gets another status code than expected"),
    "Target.DeregistrationInProgress": N_("it is being deregistered"),
    "Target.NotRegistered": N_("it is not registered"),
    "Target.NotInUse": N_("no listener forwards to its target group"),
    "Target.InvalidState": N_("its instance is stopped or terminated"),
    "Target.IpUnusable": N_("its address is used by a load balancer"),
    "Target.HealthCheckDisabled": N_("health checks are disabled"),
    "Elb.RegistrationInProgress": N_("it is being registered"),
    "Elb.InitialHealthChecking": N_("first health checks are in progress"),
    "Elb.InternalError": N_("an internal error of the load balancer"),
}
STOP_CODES = {
    "TaskFailedToStart": N_("could not start"),
    "EssentialContainerExited": N_("an essential container ended"),
    "UserInitiated": N_("stopped by a person"),
    "ServiceSchedulerInitiated": N_("stopped by the service"),
    "SpotInterruption": N_("Spot capacity was reclaimed"),
    "TerminationNotice": N_("its host is being retired"),
    "InfrastructureHealth": N_("its host is unhealthy"),
}
STOP_REASONS = {
    "OutOfMemory": N_("out of memory"),
    "CannotPullContainer": N_("the image cannot be pulled"),
    "ResourceInitializationError": N_("secrets, logs or network could not be set up"),
    "failed ELB health checks": N_("failed the load balancer's health checks"),
    "failed container health checks": N_("failed its container's health check"),
    "Scaling activity initiated by": N_("scaled in"),
    "Essential container in task exited": N_("an essential container ended"),
    "deployment": N_("replaced by a deployment"),
    "RESOURCE:ENI": N_("no network interface is available"),
    "Capacity is unavailable": N_("Fargate has no capacity"),
}
"""By a part of the reason that identifies it."""
NOT_SCALED = {
    "AlreadyAtMaxCapacity": N_("already at the maximum"),
    "AlreadyAtMinCapacity": N_("already at the minimum"),
    "AlreadyAtDesiredCapacity": N_("already at the desired count"),
    "AutoScalingAnticipatedFlapping": N_("avoided scaling back and forth"),
    "TargetServicePutResourceAsUnscalable": N_("ECS does not allow it to be scaled"),
}
ACTIVITY_STATES = {
    "Pending": N_("pending"),
    "InProgress": N_("in progress"),
    "Successful": N_("done"),
    "Overridden": N_("replaced by a newer one"),
    "Unfulfilled": N_("not reached"),
    "Failed": N_("failed"),
}
ROLLOUTS = {"IN_PROGRESS": N_("in progress"), "COMPLETED": N_("completed"), "FAILED": N_("failed")}
DEPLOYMENT_STATES = {
    "PENDING": N_("waiting to begin"),
    "IN_PROGRESS": N_("in progress"),
    "SUCCESSFUL": N_("completed"),
    "STOP_REQUESTED": N_("being stopped"),
    "STOPPED": N_("stopped"),
    "ROLLBACK_REQUESTED": N_("rollback requested"),
    "ROLLBACK_IN_PROGRESS": N_("being rolled back"),
    "ROLLBACK_SUCCESSFUL": N_("rolled back"),
    "ROLLBACK_FAILED": N_("rollback failed"),
}
"""ServiceDeployment.status (Amazon ECS API reference)."""
DEPLOYMENT_SETS = {"PRIMARY": N_("newest"), "ACTIVE": N_("being replaced"), "INACTIVE": N_("was replaced")}
"""Deployment.status (Amazon ECS API reference), where ECS reports no state of the rollout."""
EXIT_CODES = {
    0: N_("ended by itself without an error"),
    1: N_("the application ended with an error"),
    137: N_("killed (SIGKILL): memory, or it did not end in time"),
    139: N_("crashed (segmentation fault)"),
    143: N_("asked to end (SIGTERM)"),
}


def word_of(words: dict[str, str], code: str) -> str:
    return _(words[code]) if code in words else code


def deployment_state(status: str) -> str:
    return word_of(DEPLOYMENT_STATES, status)


def rollout_state(deployment: Deployment) -> str:
    if deployment.rollout:
        return word_of(ROLLOUTS, deployment.rollout)
    return word_of(DEPLOYMENT_SETS, deployment.status)


def stop_reason(reason: str) -> str:
    return next((_(text) for part, text in STOP_REASONS.items() if part in reason), reason)


def exit_text(code: int | None) -> str:
    """`137: 強制終了…`; "" if there is no exit code."""
    if code is None:
        return ""
    return f"{code}: {_(EXIT_CODES[code])}" if code in EXIT_CODES else str(code)
