"""What `toban logs tail` prints, and how."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TailOptions:
    """What is printed, and how."""

    groups: tuple[str, ...]
    """Log group names or ARNs; none: those of the runbook."""
    follow: bool
    since: str | None
    pattern: str
    merge: bool
    as_json: bool
    utc: bool
    mask: bool
