"""Ends a command without a screen as soon as AWS's answers are of another account or region than the runbook's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from services.aws.client.account_proof import AccountProof
from services.aws.client.errors import WrongAccount
from tui.exit_status import ExitStatus
from tui.start_options import OtherAccount


@asynccontextmanager
async def refusing(proof: AccountProof | None) -> AsyncIterator[None]:
    """Cancel what is done inside at the first refusal, whoever caught that, and raise OtherAccount with its words."""
    task = asyncio.current_task()
    assert task is not None
    assert proof is not None
    refusals: list[WrongAccount] = []

    def refuse(error: WrongAccount) -> None:
        if not refusals:
            task.cancel()
        refusals.append(error)

    proof.on_refusal = refuse
    try:
        yield
    finally:
        proof.on_refusal = None
        if refusals:
            # What ended by itself has not met the cancellation yet.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
            if task.uncancel():
                raise asyncio.CancelledError
            raise OtherAccount(refusals[0].problem.message_once, ExitStatus.CONFIG)
