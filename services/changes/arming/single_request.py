"""The session that sends one granted request that belongs to no plan, as a question to AWS DevOps Agent."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from services.aws.client.assumed_role import session_name
from services.aws.client.assumption import Assumption
from services.aws.client.errors import AwsError
from services.aws.client.writer import Writer
from services.changes.arming.writers import WriteRoleUse
from services.models.aws_calls import AwsCall

WriterOf = Callable[[AwsCall, str], AbstractAsyncContextManager[Writer]]
"""The session for a request, which its id names in AWS's records."""


def writer_of(session: Writer, role: WriteRoleUse | None) -> WriterOf:
    """Sessions of the role for writing, each cut to its request; the console's own session if there is no such role.

    The console's own identity need not have any permission to write, so what is written is sent as changes are.
    """

    @asynccontextmanager
    async def writer(call: AwsCall, id: str) -> AsyncIterator[Writer]:
        if role is None:
            yield session
            return
        assumption = Assumption(role.policy([call]), session_name(role.user(), id), role.source_identity)
        try:
            assumed = await role.source.assume(assumption)
        except AwsError as error:
            # The request itself was not sent.
            error.certain = True
            raise
        try:
            yield assumed
        finally:
            await assumed.close()

    return writer
