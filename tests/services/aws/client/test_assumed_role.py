import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.assumed_role import session_name, source_identity
from services.aws.client.assumption import Assumption
from services.aws.client.errors import AccessDenied, Expired, Invalid, NoCredentials, Refused
from services.aws.client.settings import WriteRole
from services.aws.client.write_grants import WriteGrant
from services.changes.ids import new_id
from services.clock import ManualClock
from services.models.aws_calls import aws_call
from tests.faults.server import Reply, answer, xml

ROLE = "arn:aws:iam::111122223333:role/TobanWrite"
DEVICE = "arn:aws:iam::111122223333:mfa/tanaka"
POLICY = '{"Version":"2012-10-17","Statement":[]}'
FOR_A_CHANGE = Assumption(POLICY, "tanaka-01kex08gm0mpqmez6r", "tanaka")
ALLOWED = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")
"""RoleSessionName and SourceIdentity (AssumeRole, AWS STS API reference)."""
CALL = aws_call("ecs", "UpdateService", "ap-northeast-1", {"cluster": "c", "service": "s", "desiredCount": 3})


def credentials(operation, key, ends):
    return xml(
        operation,
        f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>canary-role</SecretAccessKey>"
        f"<SessionToken>canary-token</SessionToken><Expiration>{ends.isoformat()}</Expiration></Credentials>",
    )


def serve(server, *, ends=None, refusal=None):
    until = ends or datetime.now(UTC) + timedelta(minutes=15)

    def respond(request):
        if request.operation == "GetSessionToken":
            return credentials("GetSessionToken", "ASIAMFA", until)
        if request.operation == "AssumeRole":
            return refusal or credentials("AssumeRole", "ASIAROLE", until)
        return answer({"service": {}})

    server.respond = respond


def error(code, message, status):
    text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    return Reply(text.encode(), status)


def asked(server, operation):
    (request,) = [each for each in server.seen if each.operation == operation]
    fields = {name: value for name, (value,) in parse_qs(request.body.decode()).items()}
    return {name: fields[name] for name in fields if name not in ("Action", "Version")}


def with_role(open_session, serial=DEVICE, **more):
    return open_session(write_role=WriteRole(ROLE, serial), **more)


async def test_the_requests_in_full(open_session, server):
    serve(server)
    source = with_role(open_session).write_role
    await source.unlock("123456")
    writer = await source.assume(FOR_A_CHANGE)
    await writer.write(WriteGrant(CALL), required=("service",))
    await writer.close()
    assert asked(server, "GetSessionToken") == {
        "SerialNumber": DEVICE,
        "TokenCode": "123456",
        "DurationSeconds": "900",
    }
    assert asked(server, "AssumeRole") == {
        "RoleArn": ROLE,
        "RoleSessionName": "tanaka-01kex08gm0mpqmez6r",
        "SourceIdentity": "tanaka",
        "Policy": POLICY,
        "DurationSeconds": "900",
    }
    assert [request.access_key for request in server.seen] == ["AKIAFIRST", "ASIAMFA", "ASIAROLE"]


async def test_a_role_without_a_device_is_assumed_with_the_own_credentials(open_session, server):
    serve(server)
    source = with_role(open_session, serial="").write_role
    await source.assume(FOR_A_CHANGE)
    assert [request.access_key for request in server.seen] == ["AKIAFIRST"]


async def test_without_a_valid_code_nothing_is_asked(open_session, server):
    wall = ManualClock(datetime.now(UTC))
    serve(server, ends=wall.now() + timedelta(minutes=15))
    source = with_role(open_session, wall=wall).write_role
    assert source is not None
    with pytest.raises(NoCredentials):
        await source.assume(FOR_A_CHANGE)
    assert server.seen == []
    await source.unlock("123456")
    wall.advance(901)
    with pytest.raises(Expired) as caught:
        await source.assume(FOR_A_CHANGE)
    assert "F9" in caught.value.problem.summary
    await source.unlock("654321")
    await source.lock()
    with pytest.raises(NoCredentials):
        await source.assume(FOR_A_CHANGE)
    assert server.counts["AssumeRole"] == 0


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (
            error("AccessDenied", f"User: u is not authorized to perform: sts:SetSourceIdentity on resource: {ROLE}", 403),
            AccessDenied,
            f"add sts:SetSourceIdentity beside sts:AssumeRole to the trust policy of {ROLE}",
        ),
        (
            error("AccessDenied", f"User: u is not authorized to perform: sts:AssumeRole on resource: {ROLE}", 403),
            AccessDenied,
            "sts:AssumeRole",
        ),
        (error("PackedPolicyTooLarge", "Packed size of policy consumes 104%", 400), Invalid, "smaller parts"),
    ],
)  # fmt: skip
async def test_a_refusal_says_what_to_do(reply, kind, words, open_session, server):
    serve(server, refusal=reply)
    source = with_role(open_session, serial="").write_role
    assert source is not None
    with pytest.raises(kind) as caught:
        await source.assume(FOR_A_CHANGE)
    assert words in caught.value.problem.message
    assert server.counts["AssumeRole"] == 1


async def test_a_profile_that_wants_a_code_itself_is_said_in_words(
    aws_home, open_session, server, monkeypatch
):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (aws_home / "config").write_text(
        f"[profile ops]\nrole_arn = {ROLE}\nsource_profile = base\nmfa_serial = {DEVICE}\n"
    )
    (aws_home / "credentials").write_text(
        "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = canary-of-the-tests\n"
    )
    source = with_role(open_session, profile="ops").write_role
    assert source is not None
    with pytest.raises(NoCredentials) as caught:
        await source.unlock("123456")
    assert "asks for an MFA code itself" in caught.value.problem.summary
    assert server.seen == []


async def test_the_role_sends_a_grant_once_and_nothing_else(open_session, server):
    serve(server)
    source = with_role(open_session, serial="").write_role
    writer = await source.assume(FOR_A_CHANGE)
    permit = WriteGrant(CALL)
    await writer.write(permit)
    with pytest.raises(Refused):
        await writer.write(permit)
    await writer.close()
    assert server.counts["UpdateService"] == 1


@given(st.text(max_size=80), st.integers(0, 99_999))
def test_names_are_what_sts_takes(user, uid):
    plan = new_id(datetime(2026, 1, 19, tzinfo=UTC))
    assert ALLOWED.fullmatch(source_identity(user, uid))
    name = session_name(user, plan)
    assert ALLOWED.fullmatch(name)
    assert name.endswith(plan)


@pytest.mark.parametrize(
    ("user", "identity"),
    [("tanaka", "tanaka"), ("root (sudo: tanaka)", "root-sudo-tanaka"), ("田中", "uid-1000"), ("a", "uid-1000"),
     ("taro@city.example", "taro@city.example"), ("x" * 70, "x" * 64)],
)  # fmt: skip
def test_the_source_identity_of_an_operator(user, identity):
    assert source_identity(user, 1000) == identity
