from collections.abc import Iterable

from services.i18n import _, sentences
from services.models.causes import Assessment, Signal, WeighedSignal

MOST, SPOKEN = 3, 2  # Facts of one reason; and of one that is read aloud, which takes about 20 seconds in all


def reason_of(assessment: Assessment | None, most: int = MOST) -> str:
    """The strongest facts for the first cause, a sentence each; "" if nothing speaks for any."""
    leader = assessment.leader if assessment is not None else None
    return reason_from(leader.supporting, most) if leader is not None else ""


def reason_from(supporting: Iterable[WeighedSignal], most: int = MOST) -> str:
    facts = sorted(
        (fact for fact in supporting if fact.counts > 0), key=lambda fact: (not fact.is_direct, -fact.counts)
    )
    texts = dict.fromkeys(_text(fact.signal) for fact in facts)
    return sentences(*(_("{text}.", text=text) for text in list(texts)[:most]))


def _text(signal: Signal) -> str:
    named = _("{title} ({target})") if signal.subject else "{title}"
    return named.format(title=signal.title, target=signal.subject)
