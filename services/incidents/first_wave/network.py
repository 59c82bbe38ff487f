"""Whether the tasks reach the database, computed from the rules of both sides' security groups.

Source: "Security group rules" (Amazon VPC user guide): rules only allow; groups are matched by membership, address
ranges by the sender's private address.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from services.i18n import _
from services.models.base import GroupRule, SecurityGroup
from services.models.first_wave import NetworkPath

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class Undetermined(Exception):
    """The rules alone do not tell; the message says why."""


def network_path(
    database: Sequence[SecurityGroup], tasks: Sequence[SecurityGroup], port: int, addresses: Iterable[str]
) -> NetworkPath:
    """Whether a rule of the database's groups lets the tasks connect to `port`; `addresses` are the tasks' own.

    Raises Undetermined if only rules with address ranges or prefix lists could, and these cannot be compared.
    """
    if not tasks or not database:
        raise Undetermined(_("The tasks or the database have no security groups of their own."))
    path = partial(
        NetworkPath,
        port=port,
        database_groups=tuple(group.id for group in database),
        task_groups=tuple(group.id for group in tasks),
    )
    if not _let_out(database, tasks, port):
        return path(allowed=False, is_kept_in=True)
    names = {group.id for group in tasks}
    rules = [(group, rule) for group in database for rule in group.ingress if rule.covers(port)]
    for group, rule in rules:
        if source := next((id for id in rule.groups if id in names), None):
            return path(allowed=True, rule=_rule_text(group, rule, source))
    senders = list(_addresses(addresses))
    if text := _let_in(rules, senders):
        return path(allowed=True, rule=text)
    if not senders and any(rule.networks for _group, rule in rules):
        raise Undetermined(_("Rules for address ranges may let the tasks in, whose addresses are not known."))
    if any(rule.prefix_lists for _group, rule in rules):
        raise Undetermined(_("A rule for a prefix list may let the tasks in; its addresses are not read."))
    return path(allowed=False)


def _let_out(database: Sequence[SecurityGroup], tasks: Sequence[SecurityGroup], port: int) -> bool:
    """Whether a rule of the tasks' groups may let them out to the database, whose address is not known."""
    names = {group.id for group in database}
    rules = [rule for group in tasks for rule in group.egress if rule.covers(port)]
    return any(rule.networks or rule.prefix_lists or names & set(rule.groups) for rule in rules)


def _rule_text(group: SecurityGroup, rule: GroupRule, source: str) -> str:
    """`sg-db: tcp 5432 ← sg-app`"""
    ends = (rule.first_port, rule.last_port)
    ports = "" if ends[0] is None else f" {ends[0]}" if ends[0] == ends[1] else f" {ends[0]}-{ends[1]}"
    protocol = _("all protocols") if rule.protocol == "-1" else rule.protocol
    return f"{group.id}: {protocol}{ports if rule.protocol != '-1' else ''} ← {source}"


def _addresses(texts: Iterable[str]) -> Iterator[Address]:
    for text in texts:
        with suppress(ValueError):
            yield ip_address(text)


def _let_in(rules: Sequence[tuple[SecurityGroup, GroupRule]], senders: Sequence[Address]) -> str:
    """The rules whose address ranges let every sender in, or everybody; "" if one of the senders is kept out."""
    networks: list[tuple[Network, str]] = []
    for group, rule in rules:
        for text in rule.networks:
            with suppress(ValueError):
                networks.append((ip_network(text, strict=False), _rule_text(group, rule, text)))
    # Tasks always have an IPv4 address.
    everybody = next((text for network, text in networks if str(network) == "0.0.0.0/0"), "")
    if everybody or not senders:
        return everybody
    matches = [next((text for network, text in networks if sender in network), "") for sender in senders]
    return _(", ").join(dict.fromkeys(matches)) if all(matches) else ""
