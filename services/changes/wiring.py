from services.aws.client.assumed_role import WriteRoleSource
from services.aws.client.write_grants import WriteAuthorizer
from services.aws.client.writer import ClockedWriter
from services.changes.approval.authority import authority_of
from services.changes.arming.writers import SessionPolicy, WriteRoleUse
from services.changes.base import ChangeContext
from services.changes.engine import ChangeEngine
from services.changes.registry import Changes
from services.changes.trail import Trail
from services.journal.journal import Journal


def engine_of(
    context: ChangeContext,
    journal: Journal,
    session: ClockedWriter,
    permits: WriteAuthorizer,
    role: WriteRoleUse | None,
) -> ChangeEngine:
    return ChangeEngine(
        Changes(context),
        journal=journal,
        session=session,
        permits=permits,
        clock=context.clock,
        authority=authority_of(context, journal),
        zone=context.zone,
        role=role,
        trail=Trail(context.reader, context.clock),
    )


def role_of(source: WriteRoleSource | None, policies: SessionPolicy, journal: Journal) -> WriteRoleUse | None:
    return None if source is None else WriteRoleUse(source, policies, lambda: journal.person.user)
