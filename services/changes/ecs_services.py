from services.models.base import RawId
from services.models.changes import ChangeTarget
from services.models.runbook import Runbook


def targets(runbook: Runbook) -> tuple[ChangeTarget, ...]:
    ecs = runbook.ecs
    if ecs is None:
        return ()
    return tuple(ChangeTarget(id=service_id(ecs.cluster, name), title=name) for name in ecs.services)


def service_id(cluster: str, name: str) -> RawId:
    return RawId(f"service/{cluster}/{name}")


def names(resource: str) -> tuple[str, str]:
    """(cluster, service) from the resource id `service/<cluster>/<service>`."""
    _service, cluster, name = resource.split("/")
    return cluster, name
