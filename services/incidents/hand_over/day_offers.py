"""The hand-overs of a day's duty (引き継ぎ) that wait for the next person's key."""

from collections.abc import Iterable, Mapping

from services.incidents.course import offer_of
from services.models.incidents import HandOver
from services.models.journal import Entry, EntryKind


class DayOffers:
    def __init__(self) -> None:
        self._waiting: dict[str, HandOver] = {}
        self._accepted = 0
        """Number of the newest accepted offer."""

    @property
    def waiting(self) -> Mapping[str, HandOver]:
        return dict(self._waiting)

    @property
    def newest(self) -> tuple[str, HandOver] | None:
        """(subject, offer) of the newest one; None if it is accepted. It covers the older ones."""
        waiting = [pair for pair in self._waiting.items() if pair[1].seq > self._accepted]
        return max(waiting, key=lambda pair: pair[1].seq, default=None)

    def rebuild(self, subject: str, entries: Iterable[Entry]) -> None:
        self._waiting.pop(subject, None)
        for entry in entries:
            if entry.kind is EntryKind.HAND_OVER:
                self._waiting[subject] = offer_of(entry)
            elif entry.kind is EntryKind.HAND_OVER_ACCEPTED:
                offer = self._waiting.get(subject)
                if offer is not None and offer.seq == entry.data.get("offer"):
                    del self._waiting[subject]
                    self._accepted = max(self._accepted, offer.seq)
