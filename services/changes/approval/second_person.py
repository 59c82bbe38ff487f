"""Who is a second person: another OS user with another AWS identity; and for whom a request waits. Pure."""

import re
from collections.abc import Iterable

from services.models.approvals import ApprovalRequest, ApprovalState
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


def is_one_of(person: Person, users: Iterable[str]) -> bool:
    """Whether the OS user that the person's session began as is among `users`; case does not count.

    Of `alice (sudo: bob)` that is bob, so that nobody approves by becoming the approver with sudo.
    """
    names = [name for name in _NAMES.findall(person.user.casefold()) if name not in _LABELS]
    return bool(names) and names[-1] in {user.casefold() for user in users}


def awaits(request: ApprovalRequest, person: Person) -> bool:
    """Whether a request waits for this person: as a second person to answer it, or to confirm what was approved."""
    if request.state is ApprovalState.ASKED:
        return are_two(request.asker, person)
    return request.state is ApprovalState.GIVEN and request.asker.user == person.user


def _names(person: Person) -> frozenset[str]:
    """Every OS user in `alice (sudo: bob)`."""
    return frozenset(_NAMES.findall(person.user.casefold())) - _LABELS
