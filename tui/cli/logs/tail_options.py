from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TailOptions:
    groups: tuple[str, ...]  # Log group names or ARNs; none: those of the runbook
    follow: bool
    since: str | None
    pattern: str
    merge: bool
    as_json: bool
    utc: bool
    mask: bool
    output: str | None = None  # File that the lines are written to instead of standard output
    unmasked: str = ""  # Why the file holds the text as it was logged; "": it is masked
