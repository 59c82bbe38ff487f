"""Source: the types Service, ServiceDeployment, ServiceRevision, TaskDefinition, Task, Container (Amazon ECS API reference)."""

import re
import secrets
from hashlib import blake2b
from typing import Any

from services.aws.client.reader import Answer, finite, incomplete, rows, when, whole
from services.i18n import _
from services.models.base import RawId
from services.models.ecs import ContainerService, Deployment, DeploymentConfiguration, ServiceEvent
from services.models.ecs_deployments import (
    Container,
    ContainerImage,
    LifecycleHook,
    ServiceDeployment,
    ServiceRevision,
    TaskDefinition,
)
from services.models.first_wave import RunningTask, StoppedContainer, StoppedTask
from services.models.text import clean

# Which hosts the value of an environment variable names; nothing else of it is kept.
#
# A value may be a secret, so a part counts only where it can be nothing but a host: what is ambiguous names none.


MOST = 10  # Most hosts of one value
_LONGEST = 4096
_SECRET = re.compile(r"PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
_HOST = re.compile(r"(HOST|HOSTNAME|ENDPOINT|ADDR|ADDRESS|BROKER|SERVER|NODE)S?", re.IGNORECASE)
"""The last word of a name whose value is a host, though it has no scheme."""
_VALUE = re.compile(
    r"((?P<scheme>[a-z][a-z0-9+.:-]*://)(?P<user>[^/?#]*@)?)?(?P<hosts>[\w.,: -]+)(?P<rest>[/?#][^@]*)?",
    re.IGNORECASE,
)
"""A user's password may contain a slash: an @ further on makes all of it ambiguous."""
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_PLACE = re.compile(rf"({_LABEL}(?:\.{_LABEL}){{0,30}})\.?(:\d{{1,5}})?")


def hosts_of(name: str, value: str) -> tuple[str, ...]:
    """`host` or `host:port` of each host that the value of this variable names, without repetition."""
    parts = _VALUE.fullmatch(value.strip()) if len(value) <= _LONGEST else None
    if parts is None or _SECRET.search(name):
        return ()
    if not parts["scheme"] and (parts["rest"] or not _HOST.search(re.split(r"_", name)[-1])):
        return ()
    places = [_PLACE.fullmatch(text.strip()) for text in parts["hosts"].split(",")]
    # `scheme://user:1234`, which lacks its host, looks like a host with its port.
    is_host = not parts["scheme"] or parts["user"] or parts["rest"]
    hosts = (f"{each[1].lower()}{each[2] or ''}" for each in places if each and (is_host or "." in each[1]))
    return tuple(dict.fromkeys(hosts))[:MOST]


EVENTS = 100  # ECS's limit on service events
_KEY = secrets.token_bytes(32)  # Fingerprints of environment values are comparable within this process only


def container_service(row: Answer, cluster: str) -> ContainerService:
    name = str(row.get("serviceName") or "")
    events = [
        ServiceEvent(at=at, message=each.get("message"))
        for each in rows(row, "events")
        if (at := when(each.get("createdAt"))) is not None and each.get("message")
    ]
    events.sort(key=lambda event: event.at, reverse=True)
    return ContainerService(
        id=RawId(name),
        name=name,
        cluster=cluster,
        status=clean(row.get("status")),
        **_counts(row),
        deployments=tuple(_deployment(each) for each in rows(row, "deployments")),
        events=tuple(events[:EVENTS]),
        undated=len(rows(row, "events")) - len(events),
        controller=clean((row.get("deploymentController") or {}).get("type") or "ECS"),
        configuration=_configuration(row.get("deploymentConfiguration") or {}),
        scheduling=clean(row.get("schedulingStrategy") or "REPLICA"),
        launches_on=_launches_on(row),
        task_definition=short(row.get("taskDefinition")),
        target_groups=tuple(
            RawId(each["targetGroupArn"]) for each in rows(row, "loadBalancers") if each.get("targetGroupArn")
        ),
        security_groups=_security_groups(row),
    )


def _configuration(row: Answer) -> DeploymentConfiguration:
    breaker = row.get("deploymentCircuitBreaker") or {}
    return DeploymentConfiguration(
        minimum_healthy=whole(row.get("minimumHealthyPercent")),
        maximum=whole(row.get("maximumPercent")),
        strategy=clean(row.get("strategy") or "ROLLING"),
        bake_minutes=whole(row.get("bakeTimeInMinutes")),
        breaker=breaker.get("enable") is True,
        breaker_rolls_back=breaker.get("enable") is True and breaker.get("rollback") is True,
    )


def _launches_on(row: Answer) -> tuple[str, ...]:
    providers = tuple(clean(each.get("capacityProvider")) for each in rows(row, "capacityProviderStrategy"))
    return providers or tuple(filter(None, [clean(row.get("launchType"))]))


def _security_groups(row: Answer) -> tuple[RawId, ...]:
    """Of the service, or else of its primary deployment: tasks of the network mode awsvpc have their own."""
    deployments = sorted(
        rows(row, "deployments"), key=lambda deployment: deployment.get("status") != "PRIMARY"
    )
    for holder in (row, *deployments):
        network = (holder.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
        if groups := network.get("securityGroups"):
            return tuple(RawId(str(group)) for group in groups)
    return ()


def _deployment(row: Answer) -> Deployment:
    return Deployment(
        id=clean(row.get("id")),
        status=clean(row.get("status")),
        rollout=clean(row.get("rolloutState")),
        reason=row.get("rolloutStateReason"),
        **_counts(row),
        counted=counted(row),
        failed=whole(row.get("failedTasks")),
        task_definition=short(row.get("taskDefinition")),
        created=when(row.get("createdAt")),
        updated=when(row.get("updatedAt")),
    )


def _counts(row: Answer) -> dict[str, Any]:
    return {key: whole(row.get(f"{key}Count"), 0) for key in ("desired", "running", "pending")}


def counted(row: Answer) -> bool:
    return all(whole(row.get(key)) is not None for key in ("desiredCount", "runningCount"))


def short(arn: object) -> str:
    """The last part of an ARN: `family:revision` of a task definition."""
    return str(arn or "").rsplit("/", 1)[-1]


def service_deployment(row: Answer) -> ServiceDeployment:
    """A DescribeServiceDeployments row. Raises Incomplete without its ARN, its status or its target."""
    arn, status, target = (
        str(row.get("serviceDeploymentArn") or ""),
        clean(row.get("status")),
        str((row.get("targetServiceRevision") or {}).get("arn") or ""),
    )
    if not (arn and status and target):
        text = _("ECS returned a deployment without its ARN, its status or its revision.")
        raise incomplete(text, "ecs", "DescribeServiceDeployments")
    breaker, rollback = row.get("deploymentCircuitBreaker") or {}, row.get("rollback") or {}
    return ServiceDeployment(
        id=RawId(arn),
        status=status,
        reason=row.get("statusReason"),
        stage=clean(row.get("lifecycleStage")),
        sources=tuple(RawId(each["arn"]) for each in rows(row, "sourceServiceRevisions") if each.get("arn")),
        target=RawId(target),
        created=when(row.get("createdAt")),
        finished=when(row.get("finishedAt")),
        rollback_to=RawId(rollback.get("serviceRevisionArn") or ""),
        breaker=clean(breaker.get("status")),
        failures=whole(breaker.get("failureCount")),
        threshold=whole(breaker.get("threshold")),
        alarms=tuple(clean(name) for name in (row.get("alarms") or {}).get("triggeredAlarmNames") or ()),
        hooks=tuple(_hook(each) for each in rows(row, "lifecycleHookDetails")),
    )


def listed_deployment(row: Answer) -> ServiceDeployment:
    """A ListServiceDeployments row. Raises Incomplete without its ARN, its status, its target or its time."""
    brief = row | {"targetServiceRevision": {"arn": row.get("targetServiceRevisionArn")}}
    deployment = service_deployment(brief)
    if deployment.created is None:
        raise incomplete(_("ECS listed a deployment without its time."), "ecs", "ListServiceDeployments")
    return deployment


def _hook(row: Answer) -> LifecycleHook:
    return LifecycleHook(
        id=RawId(row.get("hookId") or ""),
        status=clean(row.get("status")),
        expires=when(row.get("expiresAt")),
        on_timeout=clean(row.get("timeoutAction")),
    )


def service_revision(row: Answer) -> ServiceRevision:
    """A DescribeServiceRevisions row. Raises Incomplete without its ARN or its task definition."""
    arn, definition = str(row.get("serviceRevisionArn") or ""), short(row.get("taskDefinition"))
    if not (arn and definition):
        text = _("ECS returned a service revision without its ARN or its task definition.")
        raise incomplete(text, "ecs", "DescribeServiceRevisions")
    return ServiceRevision(
        id=RawId(arn),
        task_definition=RawId(definition),
        images=tuple(
            ContainerImage(
                container=each.get("containerName"), image=each.get("image"), digest=each.get("imageDigest")
            )
            for each in rows(row, "containerImages")
        ),
        security_groups=_security_groups(row),
        created=when(row.get("createdAt")),
    )


def task_definition(row: Answer) -> TaskDefinition:
    """A DescribeTaskDefinition row. Raises Incomplete without its name or its status."""
    name, status = short(row.get("taskDefinitionArn")), clean(row.get("status"))
    if not (name and status):
        text = _("ECS returned a task definition without its name or its status.")
        raise incomplete(text, "ecs", "DescribeTaskDefinition")
    return TaskDefinition(
        id=RawId(name),
        status=status,
        cpu=_size(row.get("cpu")),
        memory=_size(row.get("memory")),
        containers=tuple(_container(each) for each in rows(row, "containerDefinitions")),
        compatibilities=tuple(clean(each) for each in row.get("requiresCompatibilities") or ()),
        platform=_platform(row.get("runtimePlatform") or {}),
        registered=when(row.get("registeredAt")),
        registered_by=short(row.get("registeredBy")),
        roles=tuple(RawId(str(row[key])) for key in ("taskRoleArn", "executionRoleArn") if row.get(key)),
    )


def _platform(row: Answer) -> str:
    system, processor = row.get("operatingSystemFamily"), row.get("cpuArchitecture")
    return f"{clean(system or 'LINUX')}/{clean(processor or 'X86_64')}" if system or processor else ""


def _container(row: Answer) -> Container:
    values = [(each.get("name"), each.get("value")) for each in rows(row, "environment")]
    secrets = [(each.get("name"), each.get("valueFrom")) for each in rows(row, "secrets")]
    pull_secret = (row.get("repositoryCredentials") or {}).get("credentialsParameter")
    return Container(
        name=row.get("name"),
        image=row.get("image"),
        environment=tuple((clean(name), _fingerprint(value)) for name, value in (*values, *secrets)),
        hosts=tuple(
            (clean(name), host) for name, value in values for host in hosts_of(str(name), str(value or ""))
        ),
        secrets=tuple(
            (clean(name), RawId(str(source))) for name, source in (*secrets, ("", pull_secret)) if source
        ),
    )


def _fingerprint(value: object) -> str:
    return blake2b(str(value).encode("utf-8", "surrogatepass"), key=_KEY, digest_size=16).hexdigest()


def _size(value: object) -> int | None:
    """CPU units or MiB, which ECS returns as text."""
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 10 else whole(value)


def stopped_task(row: Answer) -> StoppedTask:
    """A task row as a model. Raises Incomplete without its ARN, its status or its containers."""
    id, status = short(row.get("taskArn")), row.get("desiredStatus")
    if not (id and status) or not isinstance(row.get("containers"), list):
        text = _("ECS returned a task without its ARN, its status or its containers.")
        raise incomplete(text, "ecs", "DescribeTasks")
    return StoppedTask(
        id=id,
        code=clean(row.get("stopCode")),
        reason=row.get("stoppedReason"),
        containers=tuple(_stopped_container(each) for each in rows(row, "containers")),
        started_by=row.get("startedBy"),
        definition=short(row.get("taskDefinitionArn")),
        zone=clean(row.get("availabilityZone")),
        created=when(row.get("createdAt")),
        started=when(row.get("startedAt")),
        stopping=when(row.get("stoppingAt")),
        stopped=when(row.get("stoppedAt")),
    )


def running_task(row: Answer) -> RunningTask:
    """A row of a task that is to run. Raises Incomplete without its ARN, its status or its task definition."""
    id, definition = short(row.get("taskArn")), short(row.get("taskDefinitionArn"))
    if not (id and definition and row.get("desiredStatus")):
        text = _("ECS returned a task without its ARN, its status or its task definition.")
        raise incomplete(text, "ecs", "DescribeTasks")
    return RunningTask(id=id, started_by=row.get("startedBy"), definition=definition)


def _stopped_container(row: Answer) -> StoppedContainer:
    code = finite(row.get("exitCode"))
    return StoppedContainer(
        name=row.get("name"), exit_code=None if code is None else int(code), reason=row.get("reason")
    )
