from dataclasses import dataclass

SIGNATURE_SECONDS = 300.0
"""How long AWS accepts a signed request (Signature Version 4: five minutes of clock difference)."""


@dataclass(frozen=True, slots=True)
class Guarantees:
    """How the outcome of a request is proven, and what a repetition would do."""

    proof: str  # The reads, and their fields, that show its state: `DescribeServices: desiredCount`
    named: frozenset[str] = frozenset()
    """Operations whose effect carries an id that only the plan's request has, so that seeing it proves that the request
    was carried out. The effect of any other may be somebody else's: only CloudTrail's record of the request, by the mark
    in its user agent, tells whose it is."""
    traceable: frozenset[str] = frozenset()
    """Operations whose effect cannot be undone without a trace (another id, a newer time), so that the state before
    proves that the request was not carried out."""
    token: str = ""
    """The request's field by which AWS recognizes a repetition: `CallerReference`; "" if AWS has none."""
    arrives_within: float = SIGNATURE_SECONDS
    """Real seconds after which a request that was sent can no longer take effect."""
    settles: str = ""
    """What the watch waits for: `the deployment is complete`; "" if the change has ended with its requests."""
