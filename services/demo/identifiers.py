"""Ids that look random, and are the same in every process."""


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode(), "big") % (2**121 - 1)


def principal_id(prefix: str, name: str) -> str:
    """The unique id of an IAM principal: `AIDA…` of a user, `AROA…` of a role."""
    return f"{prefix}{hash_of(name) % 10**16:016d}"
