from dataclasses import dataclass

SESSION_SECONDS = 900
"""How long a session of the role lasts, and the one that a code is exchanged for; the shortest that AWS gives."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """What a session of the role is for; AWS records both names with every request of it."""

    policy: str  # The session policy: nothing beyond it is allowed, whatever the role's own policies allow
    session_name: str
    source_identity: str
