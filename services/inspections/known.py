"""People and networks that are known: what the runbook lists and what operators have said since."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from services.models.journal import Entry, EntryKind


@dataclass(frozen=True, slots=True)
class Known:
    """Names exactly as the trail spells them, and networks as CIDR."""

    people: frozenset[str] = field(default=frozenset())
    networks: frozenset[str] = field(default=frozenset())

    def person(self, name: str) -> bool:
        """Whether this user is known."""
        return name in self.people

    def address(self, text: str) -> bool:
        """Whether this IP address lies in a known network; anything that is no address does not."""
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return any(address in _network(each) for each in self.networks)

    def with_entries(self, entries: Iterable[Entry]) -> "Known":
        """And those that KNOWN entries of the journal name; one that names nothing is passed over."""
        people, networks = set(self.people), set(self.networks)
        for entry in entries:
            if entry.kind is not EntryKind.KNOWN:
                continue
            value = str(entry.data.get("value") or "")
            if entry.data.get("kind") == "person" and value:
                people.add(value)
            elif entry.data.get("kind") == "network" and is_network(value):
                networks.add(value)
        return Known(frozenset(people), frozenset(networks))


@lru_cache(maxsize=4096)
def _network(text: str) -> IPv4Network | IPv6Network:
    """Parsed once: a month of sign-ins asks for thousands of addresses."""
    return ip_network(text, strict=False)


def is_network(text: str) -> bool:
    """Whether this is an address or a network in CIDR."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
