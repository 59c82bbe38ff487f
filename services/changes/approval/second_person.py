"""Whether two people who act in consoles are two people: other OS users, and other AWS identities. Pure."""

import re

from services.models.journal import Person

_NAMES = re.compile(r"[^\s():]+")
_LABELS = frozenset({"sudo", "login", "uid"})


def are_two(one: Person, other: Person) -> bool:
    """Whether no OS user name of one is the other's and their AWS identities differ; an unknown one is no other.

    Names that differ in case alone count as one, because a directory may not distinguish them.
    """
    identities = one.identity.casefold(), other.identity.casefold()
    if not all(identities) or identities[0] == identities[1]:
        return False
    names, others = _names(one), _names(other)
    return bool(names) and bool(others) and names.isdisjoint(others)


def _names(person: Person) -> frozenset[str]:
    """Every OS user in `alice (sudo: bob)`."""
    return frozenset(_NAMES.findall(person.user.casefold())) - _LABELS
