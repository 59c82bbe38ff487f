"""A second opinion: asked once with a grant of its own, by the real session, of a server that speaks AWS's API."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings, WriteRole
from services.aws.client.write_grants import WriteAuthorizer
from services.aws.devops_agent import BEGIN, SERVICE, DevopsAgentReader, Investigations
from services.changes.arming.single_request import writer_of
from services.changes.wiring import role_of
from services.clock import SystemClock
from services.incidents.opinion import EVERY, WINDOW, SecondOpinion, asked, words_of
from services.incidents.timeline import timeline
from services.models.changes import Armed
from services.models.incidents import Incident
from services.models.opinions import AgentRecord, OpinionState
from services.models.runbook_playbooks import DevopsAgent
from services.policy.session import session_policies
from tests.faults.server import FAULTS, FaultServer, Reply, Seen, answer, failure, fault_server, xml
from tests.services.incidents.incident_desk import NOW, RUNBOOK, IncidentDesk, alarm, desk

ACCOUNT = RUNBOOK.system.account
SPACE, TASK, RUN = "space-1", "task-1", "run-1"
BOOK = RUNBOOK.model_copy(update={"devops_agent": DevopsAgent(space=SPACE, yen=300)})
WHO = f"<Account>{ACCOUNT}</Account><Arn>arn:aws:iam::{ACCOUNT}:user/tanaka</Arn><UserId>x</UserId>"
ROLE = WriteRole(f"arn:aws:iam::{ACCOUNT}:role/TobanWrite")
ROLE_KEY = "ASIAROLEROLEROLEROLE"
ROLE_SESSION = (
    f"<Credentials><AccessKeyId>{ROLE_KEY}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
    "</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
)
WORDS = "RDS の接続数が上限に達しています。"


def task(status: str) -> dict[str, Any]:
    return {
        "task": {
            "agentSpaceId": SPACE, "taskId": TASK, "executionId": RUN, "title": "t", "taskType": "INVESTIGATION",
            "priority": "HIGH", "status": status, "createdAt": 1768352400, "updatedAt": 1768352400, "version": 1,
        }
    }  # fmt: skip


def record(kind: str, content: Any, at: int) -> dict[str, Any]:
    return {
        "agentSpaceId": SPACE, "executionId": RUN, "recordId": f"r{at}", "content": content, "createdAt": at,
        "recordType": kind,
    }  # fmt: skip


RECORDS = {
    "records": [
        record("tool_call", {"role": "assistant", "text": "looked at a metric"}, 1768352700),
        record("investigation_summary", {"type": "text", "content": [{"text": WORDS}]}, 1768352690),
    ]
}


class Agent:
    """What the server answers; an investigation is completed at the second look."""

    def __init__(self, server: FaultServer) -> None:
        self.server = server
        self.begin: Reply = answer(task("PENDING_START"), status=201)
        self.role: Reply = xml("AssumeRole", ROLE_SESSION)
        self.looks = 0
        server.respond = self._respond

    def _respond(self, request: Seen) -> Reply:
        if request.operation == "GetCallerIdentity":
            return xml("GetCallerIdentity", WHO)
        if request.operation == "AssumeRole":
            return self.role
        if request.path.endswith("/journalRecords"):
            return answer(RECORDS)
        if request.path.endswith("/tasks"):
            return self.begin
        self.looks += 1
        return answer(task("COMPLETED" if self.looks > 1 else "IN_PROGRESS"))

    @property
    def begun(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.server.seen if request.path.endswith("/tasks")]


@asynccontextmanager
async def opinions(
    path: Path, *, armed: bool = True, read_only: bool = False, write_role: WriteRole | None = None
) -> AsyncIterator[tuple[SecondOpinion, Agent, IncidentDesk, Incident]]:
    async with desk(path) as console, fault_server() as server:
        await console.see(alarm())
        (incident,) = console.incidents.incidents
        clock = SystemClock()
        permits = WriteAuthorizer(clock, ACCOUNT, read_only=read_only)
        if armed:
            permits.arm(Armed(until=clock.now() + timedelta(minutes=15), reason="x", by="tanaka"))
        settings = AwsSettings("", "ap-northeast-1", endpoint_url=server.url, write_role=write_role)
        session = AwsSession(settings, clock=clock, meter=UsageMeter(clock))
        role = role_of(session.write_role, session_policies(BOOK, "ap-northeast-1"), console.journal)
        service = SecondOpinion(
            console.incidents,
            BOOK,
            console.clock,
            agent=DevopsAgentReader(session),
            investigations=Investigations(writer_of(session, role), permits, "ap-northeast-1"),
        )
        try:
            yield service, Agent(server), console, incident
        finally:
            await session.close()


@pytest.fixture(autouse=True)
def _home(aws_home: Path) -> None:
    """Made-up credentials."""


async def test_it_is_asked_once_and_its_words_enter_the_timeline(tmp_path):
    async with opinions(tmp_path / "journal.db") as (service, agent, console, incident):
        opinion = await service.ask(incident, "5xx")
        assert (opinion.state, opinion.task, opinion.by) == (OpinionState.ACCEPTED, TASK, "tanaka")
        again = await service.ask(incident, "5xx")
        assert again == opinion, "what is under way is not paid for twice"
        (request,) = agent.begun
        assert (request["taskType"], request["clientToken"]) == ("INVESTIGATION", opinion.token)
        following = asyncio.create_task(service.follow(incident, opinion))
        while not following.done():
            console.clock.advance(EVERY)
            await asyncio.sleep(0.01)
        newest = await following
        assert (newest.state, newest.words) == (OpinionState.ANSWERED, WORDS)
        rows = timeline(incident, await console.incidents.entries(incident))
        assert any("AWS's opinion" in row.text and WORDS in row.text for row in rows)
        assert any("¥300" in row.text for row in rows)


async def test_a_read_only_console_sends_nothing(tmp_path):
    for name, options in (("a", {"armed": False}), ("b", {"armed": False, "read_only": True})):
        async with opinions(tmp_path / name, **options) as (service, agent, _console, incident):
            opinion = await service.ask(incident, "5xx")
            assert opinion.state is OpinionState.FAILED
            assert agent.begun == []


async def test_it_is_sent_as_changes_are_by_a_session_of_the_role_for_writing(tmp_path):
    async with opinions(tmp_path / "journal.db", write_role=ROLE) as (service, agent, _console, incident):
        opinion = await service.ask(incident, "5xx")
        assert opinion.state is OpinionState.ACCEPTED
        (sent,) = [each for each in agent.server.seen if each.path.endswith("/tasks")]
        assert sent.access_key == ROLE_KEY
        (assumed,) = [each for each in agent.server.seen if each.operation == "AssumeRole"]
        (policy,) = parse_qs(assumed.body.decode())["Policy"]
        (statement,) = json.loads(policy)["Statement"]
        assert statement["Action"] == ["aidevops:CreateBacklogTask"]
        assert statement["Resource"] == [f"arn:aws:aidevops:ap-northeast-1:{ACCOUNT}:agentspace/{SPACE}"]
        await service._agent.task(SPACE, TASK)
        assert agent.server.seen[-1].access_key != ROLE_KEY, "what is read is read as everything else"


@pytest.mark.parametrize("fault", ["reset", "500", "throttled"])
async def test_a_role_that_cannot_be_assumed_asks_nothing(tmp_path, fault):
    async with opinions(tmp_path / "journal.db", write_role=ROLE) as (service, agent, _console, incident):
        agent.role = FAULTS[fault]
        opinion = await service.ask(incident, "5xx")
        assert (opinion.state, agent.begun) == (OpinionState.FAILED, [])


async def test_a_lost_answer_is_unknown_and_asking_again_sends_the_same_token(tmp_path):
    async with opinions(tmp_path / "journal.db") as (service, agent, _console, incident):
        agent.begin = FAULTS["reset"]
        opinion = await service.ask(incident, "5xx")
        assert opinion.state is OpinionState.UNKNOWN
        assert len(agent.begun) == 1, "a single attempt"
        agent.begin = answer(task("PENDING_START"), status=201)
        opinion = await service.ask(incident, "5xx")
        assert (opinion.number, opinion.state) == (2, OpinionState.ACCEPTED)
        assert len({request["clientToken"] for request in agent.begun}) == 1


async def test_a_request_whose_console_ended_is_sent_again_with_its_token(tmp_path):
    async with opinions(tmp_path / "journal.db") as (service, agent, console, incident):
        await console.journal.append(asked(incident, 1, "token-of-the-first", 300))
        opinion = await service.ask(incident, "5xx")
        assert (opinion.state, agent.begun) == (OpinionState.ASKED, [])
        console.clock.advance(WINDOW + 1)
        opinion = await service.ask(incident, "5xx")
        assert opinion.state is OpinionState.ACCEPTED
        assert [request["clientToken"] for request in agent.begun] == ["token-of-the-first"]


async def test_what_aws_refuses_is_said_and_a_new_request_is_another(tmp_path):
    async with opinions(tmp_path / "journal.db") as (service, agent, _console, incident):
        agent.begin = failure("AccessDeniedException", "aidevops:CreateBacklogTask", status=403)
        opinion = await service.ask(incident, "5xx")
        assert opinion.state is OpinionState.FAILED
        agent.begin = answer(task("PENDING_START"), status=201)
        await service.ask(incident, "5xx")
        assert len({request["clientToken"] for request in agent.begun}) == 2


def test_the_newest_summary_counts_before_single_steps():
    def of(kind: str, text: str) -> AgentRecord:
        return AgentRecord(at=NOW, kind=kind, text=text)

    assert words_of([of("tool", "a"), of("ROOT_CAUSE", "b"), of("summary", "c")]) == "b"
    assert words_of([of("tool", ""), of("step", "a")]) == "a"
    assert words_of([]) == ""


def test_the_api_has_what_is_asked_of_it():
    # A contract with botocore's own model of the service, which this version may lack.
    try:
        model = ServiceModel(Loader().load_service_model(SERVICE, "service-2"), SERVICE)
    except UnknownServiceError:
        pytest.skip(f"botocore has no model of {SERVICE}")
    begin = model.operation_model(BEGIN)
    assert set(begin.input_shape.required_members) == {"agentSpaceId", "taskType", "title", "priority"}
    assert "INVESTIGATION" in begin.input_shape.members["taskType"].enum
    assert "HIGH" in begin.input_shape.members["priority"].enum
    assert begin.input_shape.members["clientToken"].metadata["max"] >= 40
    task_shape = model.operation_model("GetBacklogTask").output_shape.members["task"]
    assert {"taskId", "status"} <= set(task_shape.required_members)
    assert "executionId" in task_shape.members
    assert {"COMPLETED", "FAILED", "TIMED_OUT", "CANCELED"} <= set(task_shape.members["status"].enum)
    records = model.operation_model("ListJournalRecords")
    assert {"agentSpaceId", "executionId"} == set(records.input_shape.required_members)
    assert "DESC" in records.input_shape.members["order"].enum
    row = records.output_shape.members["records"].member
    assert {"content", "createdAt", "recordType"} <= set(row.required_members)
