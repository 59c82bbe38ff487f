"""Ends a command without a screen as soon as AWS's answers are of another account or region than the runbook's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from services.aws.client.errors import WrongAccount
from tui.exit_status import ExitStatus
from tui.runtime.garbage import begin_collecting
from tui.start_options import OtherAccount

if TYPE_CHECKING:
    from services.inspections.wiring import Reading
    from services.system import Services

S = TypeVar("S", bound="Services | Reading")


@asynccontextmanager
async def closing(services: S) -> AsyncIterator[S]:
    """The services for one command, closed at its end. Cancels what is done inside at the first refusal,
    whoever caught that, and raises OtherAccount with its words."""
    task, proof = asyncio.current_task(), services.session.proof
    assert task is not None
    assert proof is not None
    refusals: list[WrongAccount] = []

    def refuse(error: WrongAccount) -> None:
        if not refusals:
            task.cancel()
        refusals.append(error)

    begin_collecting()
    proof.on_refusal = refuse
    try:
        yield services
    finally:
        proof.on_refusal = None
        try:
            if refusals:
                # What ended by itself has not met the cancellation yet.
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)
                if task.uncancel():
                    raise asyncio.CancelledError
                raise OtherAccount(refusals[0].problem.message_once, ExitStatus.CONFIG)
        finally:
            await services.close()
