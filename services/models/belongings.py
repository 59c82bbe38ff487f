"""What belongs to the runbook's system in AWS, by which a write somewhere in the account is told apart."""

from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, Model, RawId
from services.models.ecs_deployments import TaskDefinition


class Owned(StrEnum):
    """Kinds of what a system consists of."""

    VPC = "vpc"
    SUBNET = "subnet"
    ROUTE_TABLE = "route-table"
    GATEWAY = "gateway"
    NETWORK_ACL = "network-acl"
    ENDPOINT = "endpoint"
    SECURITY_GROUP = "security-group"
    SECRET = "secret"
    ROLE = "role"
    KEY = "key"
    DATABASE = "database"
    SERVICE = "service"  # `cluster/service` of ECS
    LOAD_BALANCER = "load-balancer"  # With its target groups


class OwnedPart(Model):
    kind: Owned
    ids: tuple[RawId, ...] = ()
    """Also what belonged to it within the last day: an endpoint that was deleted is told apart, too."""
    unread: Clean = ""
    """Why there may be others that are not in `ids`, in words; "" if these are all."""


class Belongings(Model):
    read_at: datetime
    """When the newest of it was read (UTC)."""
    parts: tuple[OwnedPart, ...]
    """One for each kind that the runbook's system has; a kind that is not here is not known."""
    definitions: tuple[TaskDefinition, ...] = ()
    """Task definitions of the current and, around a deployment, of the earlier revision."""

    def part(self, kind: Owned) -> OwnedPart | None:
        return next((part for part in self.parts if part.kind is kind), None)

    def definition(self, name: str) -> TaskDefinition | None:
        return next((each for each in self.definitions if each.id == name), None)

    def with_earlier(self, earlier: "Belongings | None") -> "Belongings":
        if earlier is None:
            return self
        earlier_ids = {part.kind: part.ids for part in earlier.parts}
        parts = (
            part.model_copy(update={"ids": tuple(sorted({*part.ids, *earlier_ids.get(part.kind, ())}))})
            for part in self.parts
        )
        return self.model_copy(update={"parts": tuple(parts)})
