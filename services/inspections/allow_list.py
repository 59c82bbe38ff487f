"""The allow list: people and networks in the runbook, and those that operators have added since."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from services.models.journal import Entry, EntryKind
from services.models.runbook import Runbook


@dataclass(frozen=True, slots=True)
class AllowList:
    """User names exactly as in CloudTrail, and networks as CIDR."""

    people: frozenset[str] = field(default=frozenset())
    networks: frozenset[str] = field(default=frozenset())
    by_operators: frozenset[str] = field(default=frozenset())
    """People and networks that only operators have added."""

    def person(self, name: str) -> bool:
        return name in self.people

    def address(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return any(address in _network(network) for network in self.networks)

    def with_entries(self, entries: Iterable[Entry]) -> "AllowList":
        people, networks = set(self.people), set(self.networks)
        for entry in entries:
            named = named_in(entry)
            if named is not None and not entry.data.get("forgotten"):
                (people if named[0] == "person" else networks).add(named[1])
        by_operators = (people - self.people) | (networks - self.networks)
        return AllowList(frozenset(people), frozenset(networks), frozenset(by_operators))


def named_in(entry: Entry) -> tuple[str, str] | None:
    """`person` or `network`, and its value; None for other entries, and for those without a value."""
    if entry.kind is not EntryKind.KNOWN:
        return None
    kind, value = str(entry.data.get("kind") or ""), str(entry.data.get("value") or "")
    fits = (kind == "person" and value) or (kind == "network" and is_network(value))
    return (kind, value) if fits else None


@lru_cache(maxsize=4096)
def _network(text: str) -> IPv4Network | IPv6Network:
    """Cached, because a month of sign-ins contains thousands of addresses."""
    return ip_network(text, strict=False)


def is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def allow_list_of(runbook: Runbook) -> AllowList:
    trail = runbook.trail
    return AllowList(frozenset(trail.known_people), frozenset(trail.known_networks)) if trail else AllowList()
