"""Source: CreateBacklogTask, GetBacklogTask, ListJournalRecords (AWS DevOps Agent API reference; botocore's `devops-agent`)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

from services.aws.client.reader import Answer, Reader, incomplete, readable_name, when
from services.aws.client.write_grants import WriteAuthorizer
from services.aws.client.writer import Writer
from services.i18n import _
from services.models.aws_calls import AwsCall, aws_call
from services.models.base import RawId
from services.models.opinions import AgentRecord, AgentTask

SERVICE = "devops-agent"
BEGIN = "CreateBacklogTask"
RECORDS = 100
"""Most records of one page; the newest come first."""
TITLE, DESCRIPTION = 400, 10_000
"""Most characters that the API accepts."""
_DEEPEST, _MOST = 8, 200
"""How deep, and how many texts of a record are read: its form is not described."""
_SILENT = frozenset({"id", "type", "role", "status", "timestamp", "createdAt", "recordId", "executionId"})
"""Keys of a record whose texts say nothing to a person."""


class DevopsAgentReader:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def task(self, space: str, id: str) -> AgentTask:
        """One investigation. Raises AwsError (NotFound: there is none)."""
        answer = await self._session.read(
            SERVICE, "GetBacklogTask", required=("task",), agentSpaceId=space, taskId=id
        )
        return _task(answer, "GetBacklogTask")

    async def records(self, space: str, execution: str) -> tuple[AgentRecord, ...]:
        """The newest records of an investigation's journal, newest first. Raises AwsError."""
        answer = await self._session.read(
            SERVICE,
            "ListJournalRecords",
            required=("records",),
            agentSpaceId=space,
            executionId=execution,
            limit=RECORDS,
            order="DESC",
        )
        return tuple(_records(answer))


class Investigations:
    """Begins an investigation: one request, once, for which writing is armed, on the runbook's account alone.

    `writer` opens the session that sends it: as all writes, with the role for writing where the console has one.
    """

    def __init__(
        self,
        writer: Callable[[AwsCall, str], AbstractAsyncContextManager[Writer]],
        permits: WriteAuthorizer,
        region: str,
    ) -> None:
        self._writer = writer
        self._permits = permits
        self._region = region

    def call(self, space: str, title: str, description: str, token: str) -> AwsCall:
        """The request; AWS makes one task of all that bear the same token."""
        params = {
            "agentSpaceId": space,
            "taskType": "INVESTIGATION",
            "title": title[:TITLE],
            "description": description[:DESCRIPTION],
            "priority": "HIGH",
            "clientToken": token,
        }
        return aws_call(SERVICE, BEGIN, self._region, params)

    async def begin(self, call: AwsCall) -> AgentTask:
        """Send the request once.

        Raises AwsError (Refused: the console is read-only, or the credentials are of another account);
        `services.aws.client.errors.nothing_done` decides whether AWS may have accepted it all the same.
        """
        self._permits.require_armed(call)
        async with self._writer(call, f"opinion-{call.params['clientToken'][:12]}") as session:
            identity = await session.identity()
            grant = self._permits.issue(call, identity.account)
            return _task(await session.write(grant, required=("task",)), BEGIN)


def _task(answer: Answer, operation: str) -> AgentTask:
    row = answer["task"]
    id, status = readable_name(row.get("taskId")), row.get("status")
    if not id or not isinstance(status, str) or not status:
        raise incomplete(_("AWS DevOps Agent's answer is incomplete."), SERVICE, operation)
    execution = readable_name(row.get("executionId"))
    reason = row.get("statusReason")
    return AgentTask(
        id=RawId(id),
        execution=RawId(execution),
        status=status,
        reason=reason if isinstance(reason, str) else "",
    )


def _records(answer: Answer) -> Iterator[AgentRecord]:
    for row in answer["records"]:
        at, kind = when(row.get("createdAt")), row.get("recordType")
        if at is None or not isinstance(kind, str):
            raise incomplete(_("AWS DevOps Agent's answer is incomplete."), SERVICE, "ListJournalRecords")
        texts = [text for _number, text in zip(range(_MOST), _texts(row.get("content"), 0), strict=False)]
        yield AgentRecord(at=at, kind=kind, text="\n".join(texts))


def _texts(value: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        if value.strip():
            yield value.strip()
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in _SILENT:
                yield from _texts(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, depth + 1)
