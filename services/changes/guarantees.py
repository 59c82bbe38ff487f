"""What a kind of change promises about its requests; the engine and the documentation rely on it."""

from dataclasses import dataclass

SIGNATURE_SECONDS = 300.0
"""How long AWS accepts a signed request (Signature Version 4: five minutes of clock difference)."""


@dataclass(frozen=True, slots=True)
class Guarantees:
    """How the outcome of a request is proven, and what a repetition would do."""

    proof: str
    """The reads, and their fields, that prove it done or not done: `DescribeServices: desiredCount`."""
    token: str = ""
    """The request's field by which AWS recognizes a repetition: `CallerReference`; "" if AWS has none."""
    arrives_within: float = SIGNATURE_SECONDS
    """Real seconds after which a request that was sent can no longer take effect."""
    settles: str = ""
    """What the watch waits for: `the deployment is complete`; "" if the change has ended with its requests."""
