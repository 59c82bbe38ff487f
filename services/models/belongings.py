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
    """With the ids of their associations, and the main one if a subnet has none of its own."""
    GATEWAY = "gateway"
    """What the route tables lead to: internet, NAT and transit gateways, peerings."""
    NETWORK_ACL = "network-acl"
    ENDPOINT = "endpoint"
    SECURITY_GROUP = "security-group"
    SECRET = "secret"
    """ARNs and names of secrets and parameters."""
    ROLE = "role"
    KEY = "key"
    """KMS keys, as far as RDS tells them: those of secrets are not told."""
    DATABASE = "database"
    """Name, ARN and resource id of the instance, its cluster, parameter group and subnet group."""
    SERVICE = "service"
    """`cluster/service` of ECS."""
    LOAD_BALANCER = "load-balancer"
    """ARNs of load balancer and target groups."""


class OwnedPart(Model):
    """What of one kind belongs to the system."""

    kind: Owned
    ids: tuple[RawId, ...] = ()
    """Also what belonged to it within the last day: an endpoint that was deleted is told apart, too."""
    read_at: datetime | None = None
    """When the oldest of the answers that tell it was read (UTC); None: one of them was never read."""
    unread: Clean = ""
    """Why there may be others that are not in `ids`, in words; "" if these are all."""


class Belongings(Model):
    """What belongs to one system."""

    read_at: datetime
    """When the newest of it was read (UTC)."""
    parts: tuple[OwnedPart, ...]
    """One for each kind that the runbook's system has; a kind that is not here is not known."""
    definitions: tuple[TaskDefinition, ...] = ()
    """Task definitions of the current and, around a deployment, of the earlier revision."""

    def part(self, kind: Owned) -> OwnedPart | None:
        return next((part for part in self.parts if part.kind is kind), None)

    def definition(self, name: str) -> TaskDefinition | None:
        """A task definition by `family:revision`; None if it was not read."""
        return next((each for each in self.definitions if each.id == name), None)

    def with_earlier(self, earlier: "Belongings | None") -> "Belongings":
        """With what belonged to the system when an earlier reading was made, by whichever console."""
        if earlier is None:
            return self
        earlier_ids = {part.kind: part.ids for part in earlier.parts}
        parts = (
            part.model_copy(update={"ids": tuple(sorted({*part.ids, *earlier_ids.get(part.kind, ())}))})
            for part in self.parts
        )
        return self.model_copy(update={"parts": tuple(parts)})
