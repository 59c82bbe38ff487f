"""Wires the change engine of one system."""

from services.aws.client.write_grants import WriteAuthorizer
from services.aws.client.writer import Writer
from services.changes.approval.authority import authority_of
from services.changes.base import ChangeContext
from services.changes.engine import ChangeEngine
from services.changes.registry import changes
from services.journal.journal import Journal


def engine_of(
    context: ChangeContext, journal: Journal, session: Writer, permits: WriteAuthorizer
) -> ChangeEngine:
    """The engine for every kind of change of one system."""
    return ChangeEngine(
        changes(context),
        journal=journal,
        session=session,
        permits=permits,
        clock=context.clock,
        authority=authority_of(context, journal),
    )
