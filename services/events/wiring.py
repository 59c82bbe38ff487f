"""Connects the queue of events of one system; without one in the runbook there is nothing, and no request is sent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.aws.sqs import EventQueue, QueueSession, SqsQueue
from services.clock import Clock
from services.events.listener import EventListener
from services.events.wakes import EventWakes
from services.i18n import _
from services.journal.journal import Journal
from services.models.runbook import Runbook
from services.models.runbook_events import queue_place
from services.models.seen_events import SeenType


@dataclass(frozen=True)
class Events:
    listener: EventListener
    """Reads the queue, in one of the consoles."""
    wakes: EventWakes
    """Wakes this console's reads."""

    def workers(self) -> tuple[tuple[str, str, Callable[[], Awaitable[None]]], ...]:
        return (
            ("events", _("reading the queue of events"), self.listener.keep),
            ("event-wakes", _("following the events"), self.wakes.keep),
        )


def events_of(
    runbook: Runbook,
    session: QueueSession,
    journal: Journal,
    clock: Clock,
    wake: Callable[[frozenset[SeenType]], object],
) -> Events | None:
    """The events of the runbook's queue; None if it names none. `wake` is called with the types that came."""
    url = runbook.events.queue_url if runbook.events is not None else ""
    place = queue_place(url)
    if place is None:
        return None
    queue = SqsQueue(session, EventQueue(url), place.region)
    return Events(
        EventListener(queue, journal, clock, str(runbook.system.account)), EventWakes(journal, clock, wake)
    )
