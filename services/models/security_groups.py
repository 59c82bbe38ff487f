"""Security groups of a VPC and what they let in and out.

Source: DescribeSecurityGroups (Amazon EC2 API reference).
"""

from services.models.base import Clean, Model, RawId


class GroupRule(Model):
    """One rule that lets traffic in, or out."""

    protocol: str
    """`tcp`, `udp`, `icmp`, a protocol's number, or `-1` for all."""
    first_port: int | None = None
    """None: all ports."""
    last_port: int | None = None
    groups: tuple[RawId, ...] = ()
    """Ids of the security groups whose members may send, or be sent to."""
    networks: tuple[Clean, ...] = ()
    """Address ranges (CIDR, IPv4 and IPv6) that may send, or be sent to."""
    prefix_lists: tuple[RawId, ...] = ()
    """Ids of prefix lists, likewise; their addresses are not read."""

    def covers(self, port: int) -> bool:
        """Whether it lets TCP connections to this port through."""
        if self.protocol == "-1":
            return True
        if self.protocol not in ("tcp", "6"):
            return False
        return self.first_port is None or self.first_port <= port <= (self.last_port or self.first_port)


class SecurityGroup(Model):
    """One security group."""

    id: RawId
    name: Clean
    ingress: tuple[GroupRule, ...] = ()
    egress: tuple[GroupRule, ...] = ()
