"""Source: DescribeSecurityGroups (Amazon EC2 API reference)."""

from collections.abc import Iterable

from services.aws.client.reader import Answer, Reader, incomplete, rows, whole
from services.i18n import _
from services.models.base import GroupRule, RawId, SecurityGroup
from services.models.text import clean

_CALL = ("ec2", "DescribeSecurityGroups")


class SecurityGroups:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def named(self, ids: Iterable[str]) -> tuple[SecurityGroup, ...]:
        """The security groups with these ids, in their order. Raises AwsError (Incomplete: one is missing)."""
        unique_ids = list(dict.fromkeys(map(str, ids)))
        if not unique_ids:
            return ()
        answer = await self._session.read(*_CALL, required=("SecurityGroups",), GroupIds=unique_ids)
        groups = {group.id: group for group in map(_group, rows(answer, "SecurityGroups"))}
        if unknown_ids := [id for id in unique_ids if id not in groups]:
            # Without one of them, what it lets in would look refused.
            text = _("EC2 did not return the security group {name}.")
            raise incomplete(text.format(name=clean(unknown_ids[0])), *_CALL)
        return tuple(groups[RawId(id)] for id in unique_ids)


def _group(row: Answer) -> SecurityGroup:
    """A SecurityGroups row as a model. Raises Incomplete without its id or its rules."""
    id = str(row.get("GroupId") or "")
    if not id or not all(isinstance(row.get(key), list) for key in ("IpPermissions", "IpPermissionsEgress")):
        raise incomplete(_("EC2 returned a security group without its id or its rules."), *_CALL)
    return SecurityGroup(
        id=RawId(id),
        name=row.get("GroupName"),
        ingress=tuple(map(_rule, rows(row, "IpPermissions"))),
        egress=tuple(map(_rule, rows(row, "IpPermissionsEgress"))),
    )


def _rule(row: Answer) -> GroupRule:
    """An IpPermissions row as a model. Raises Incomplete without a protocol or with an unreadable range of ports."""
    protocol, ports = clean(row.get("IpProtocol")), (row.get("FromPort"), row.get("ToPort"))
    # Rules for all protocols have no ports; -1 stands for every type of ICMP.
    unreadable = protocol in ("tcp", "6") and any(whole(port) is None for port in ports)
    if not protocol or unreadable:
        raise incomplete(_("EC2 returned a rule without its protocol or its ports."), *_CALL)
    first, last = map(whole, ports)
    return GroupRule(
        protocol=protocol,
        first_port=first,
        last_port=last,
        groups=_texts(row, "UserIdGroupPairs", "GroupId"),
        networks=(*_texts(row, "IpRanges", "CidrIp"), *_texts(row, "Ipv6Ranges", "CidrIpv6")),
        prefix_lists=_texts(row, "PrefixListIds", "PrefixListId"),
    )


def _texts(row: Answer, key: str, part: str) -> tuple[RawId, ...]:
    return tuple(RawId(str(each[part])) for each in rows(row, key) if each.get(part))
