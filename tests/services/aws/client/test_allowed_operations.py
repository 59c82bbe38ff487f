import asyncio
from contextlib import nullcontext

import pytest

from services.aws.client.allowed_operations import READS
from services.aws.client.errors import Refused
from services.aws.client.mfa import SessionCredentials
from services.aws.client.sdk.role_sessions import ASSUMING, SENDING
from services.aws.client.secret import Secret
from services.aws.client.settings import WriteRole
from services.aws.client.write_grants import APPEND, WriteGrant
from services.aws.ledgers.bucket import LedgerFolder
from services.aws.ledgers.table import LedgerPartition
from services.changes.registry import CHANGES, change_class
from services.models.aws_calls import aws_call
from services.models.problem import ProblemKind
from services.policy.declared import operations

HARMFUL = ("dynamodb", "glue", "kms", "lambda", "organizations", "secretsmanager", "sqs")
OUTSIDE = {"github", "local"}  # Where changes send requests that are none to AWS


def _used():
    calls = {call for kind in CHANGES for call in operations(change_class(kind).calls)}
    calls |= READS | {APPEND} | ASSUMING | SENDING
    return {service for service, _operation in calls} - OUTSIDE


SERVICES = tuple(sorted({*_used(), *HARMFUL}))
ROLE = WriteRole("arn:aws:iam::123456789012:role/TobanWrite")
KEYS = SessionCredentials("ASIAEXAMPLE", Secret("secret"), Secret("token"), None)


def _least(shape, depth=0):
    if shape is None:
        return {}
    if shape.type_name == "structure":
        names = [*shape.required_members]
        if getattr(shape, "is_tagged_union", False):
            names = names or list(shape.members)[:1]
        return {name: _least(shape.members[name], depth + 1) for name in names}
    if shape.type_name == "list":
        return [_least(shape.member, depth + 1)] * int(shape.metadata.get("min", 1) or 1)
    if shape.type_name == "map":
        return {_least(shape.key): _least(shape.value)}
    numbers = {"integer", "long", "float", "double"}
    if shape.type_name in numbers:
        return max(1, int(shape.metadata.get("min", 1)))
    simple = {"boolean": True, "timestamp": 0, "blob": b"x"}
    text = (
        (shape.enum or ["x" * max(12, int(shape.metadata.get("min", 1)))])[0]
        if shape.type_name == "string"
        else ""
    )
    return simple.get(shape.type_name, text)


@pytest.mark.parametrize("armed", [False, True])
async def test_no_operation_off_the_list_reaches_the_network(armed, session, server):
    await session.warm(SERVICES)
    login = await session._loaded()
    permit = WriteGrant(aws_call("ecs", "StopTask", "ap-northeast-1", {"cluster": "c", "task": "confirmed"}))
    tried = 0
    async with login._used() as clients:
        with permit.in_force() if armed else nullcontext():
            for service in SERVICES:
                tried += await _try_all(await clients.client("write" if armed else "read", service), service)
    assert {"cloudfront", "iam", "pricing", "rds", "service-quotas", "ssm", "sts"} <= set(SERVICES)
    assert tried > 2000
    assert server.seen == []
    assert not permit.used


@pytest.mark.slow
@pytest.mark.parametrize("target", [LedgerPartition("x" * 12, "x"), LedgerFolder("x" * 12, "", "x")])
async def test_a_ledgers_session_does_no_more(target, open_session, server):
    login = await open_session(journal=target)._loaded()
    async with login._used() as clients:
        tried = [await _try_all(await clients.client("write", service), service) for service in SERVICES]
    assert sum(tried) > 2000
    assert server.seen == []


@pytest.mark.parametrize("allowed", [ASSUMING, SENDING], ids=["assuming", "sending"])
@pytest.mark.parametrize("armed", [False, True])
async def test_the_clients_of_the_role_for_writing_read_nothing(armed, allowed, session, server):
    login = await session._loaded()
    clients = await login.role_sessions(ROLE)._clients(allowed, KEYS)
    permit = WriteGrant(aws_call("ecs", "StopTask", "ap-northeast-1", {"cluster": "c", "task": "confirmed"}))
    tried = 0
    with permit.in_force() if armed else nullcontext():
        for service in SERVICES:
            tried += await _try_all(await clients.client("write", service), service, allowed)
    await clients.close()
    assert tried > 2000
    assert server.seen == []
    assert not permit.used


def test_only_the_credentials_of_the_console_are_obtained_beside_the_reads():
    assert {("sts", "GetSessionToken")} == ASSUMING - READS
    assert {("sts", "GetCallerIdentity")} == SENDING


async def _try_all(client, service, allowed=READS):
    model = client.meta.service_model
    # The parameters need not be right: the gate comes before AWS would say so.
    client._serializer = client._serializer._serializer
    unlisted = [operation for operation in model.operation_names if (service, operation) not in allowed]
    for operation in unlisted:
        params = _least(model.operation_model(operation).input_shape)
        with pytest.raises(Refused):
            await client._make_api_call(operation, params)
    return len(unlisted)


async def test_paginators_and_waiters_do_not_pass(session, server):
    login = await session._loaded()
    async with login._used() as clients:
        secrets = await clients.client("read", "secretsmanager")
        with pytest.raises(Refused):
            async for _page in secrets.get_paginator("list_secrets").paginate():
                pass
        rds = await clients.client("read", "rds")
        with pytest.raises(Refused):
            await rds.get_waiter("db_cluster_available").wait(DBClusterIdentifier="c")
    assert server.seen == []


async def test_a_refusal_names_the_operation(session, server):
    with pytest.raises(Refused) as caught:
        await session.read("ecs", "UpdateService", service="staff-api")
    problem = caught.value.problem
    assert problem.kind is ProblemKind.REFUSED
    assert "ecs:UpdateService" in problem.summary
    assert server.seen == []


async def test_every_listed_read_exists_and_is_exact(session):
    from botocore.session import get_session

    session_of_botocore = get_session()
    for service in {service for service, _operation in READS}:
        operations = set(await asyncio.to_thread(_operations, session_of_botocore, service))
        reads = {operation for name, operation in READS if name == service}
        assert reads <= operations
        assert not any("*" in operation for operation in reads)
    assert not READS & {
        ("secretsmanager", "GetSecretValue"),
        ("sts", "GetSessionToken"),
        ("ssm", "GetParameter"),
    }


def _operations(session, service):
    return list(session.get_service_model(service).operation_names)


async def test_the_clients_that_get_credentials_are_gated_too(open_session, server):
    session = open_session()
    login = await session._loaded()
    async with login._used() as clients, clients._session.create_client("sts") as inner:
        with pytest.raises(Refused):
            await inner.get_session_token()
    assert server.seen == []
