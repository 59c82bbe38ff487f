import asyncio
import getpass
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.aws.client.errors import AccessDenied, Expired, MfaNeeded, NoCredentials
from services.clock import ManualClock
from services.feed import Feed
from services.models.problem import ProblemKind
from tests.faults.server import Reply, answer, failure, xml
from tests.faults.waiting import until

ROLE = "arn:aws:iam::111122223333:role/operator"
DEVICE = "arn:aws:iam::111122223333:mfa/taro"
WHO = (
    "<Arn>arn:aws:sts::111122223333:assumed-role/operator/taro</Arn>"
    "<UserId>AROA:taro</UserId><Account>111122223333</Account>"
)


@pytest.fixture(autouse=True)
def no_prompt(monkeypatch):
    def prompted(*_args, **_more):
        raise AssertionError("the SDK asked on the terminal")

    monkeypatch.setattr(getpass, "getpass", prompted)
    monkeypatch.setattr("botocore.credentials.getpass.getpass", prompted)


def _assumed(key, ends):
    return xml(
        "AssumeRole",
        f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>canary-role</SecretAccessKey>"
        f"<SessionToken>canary-token</SessionToken><Expiration>{ends.isoformat()}</Expiration></Credentials>"
        f"<AssumedRoleUser><Arn>{ROLE}</Arn><AssumedRoleId>A:taro</AssumedRoleId></AssumedRoleUser>",
    )


def _accepting(server, *keys, ends=None):
    """Accept requests signed by `keys`; AssumeRole gives AKIAROLE until `ends` for the code 123456."""

    def respond(request):
        if request.operation == "AssumeRole":
            if b"SerialNumber" in request.body and b"TokenCode=123456" not in request.body:
                return Reply(
                    b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>MultiFactorAuthentication failed with"
                    b" invalid MFA one time pass code. </Message></Error></ErrorResponse>",
                    403,
                )
            return _assumed("AKIAROLE", ends or datetime.now(UTC) + timedelta(hours=1))
        if request.access_key not in keys:
            return failure("ExpiredTokenException", "The security token included in the request is expired")
        return (
            xml("GetCallerIdentity", WHO)
            if request.operation == "GetCallerIdentity"
            else answer({"MetricAlarms": []})
        )

    server.respond = respond


def _write(home, name, text):
    (home / name).write_text(text)


def _keys(key, profile="default"):
    return f"[{profile}]\naws_access_key_id = {key}\naws_secret_access_key = canary-of-the-tests\n"


@pytest.fixture
def from_files(aws_home, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    return aws_home


async def test_renewed_keys_are_used_without_a_restart(from_files, open_session, server):
    _write(from_files, "credentials", _keys("AKIAOLD"))
    _accepting(server, "AKIANEW")
    session = open_session()
    for _ in range(3):
        with pytest.raises(Expired):
            await session.read("cloudwatch", "DescribeAlarms")
    _write(from_files, "credentials", _keys("AKIANEW") + "\n")
    assert await session.read("cloudwatch", "DescribeAlarms") is not None
    assert [request.access_key for request in server.seen] == ["AKIAOLD"] * 3 + ["AKIANEW"]


async def test_a_feed_resumes_by_itself_once_the_keys_are_renewed(from_files, open_session, server, clock):
    _write(from_files, "credentials", _keys("AKIAGOOD"))
    _accepting(server, "AKIAGOOD")
    session = open_session()
    feed = Feed("f", lambda: session.read("cloudwatch", "DescribeAlarms"), clock=clock, interval=60, jitter=0)
    states = feed.states()
    good = await anext(states)
    _accepting(server, "AKIANEW")

    async def following():
        waiting = asyncio.ensure_future(anext(states))
        await until(lambda: clock.sleepers)
        clock.advance(60)
        return await waiting

    for number in (1, 2):
        lost = await following()
        assert (lost.problem.kind, lost.failures, lost.value) == (ProblemKind.EXPIRED, number, good.value)
    _write(from_files, "credentials", _keys("AKIANEW") + "\n")
    again = await following()
    assert (again.problem, again.failures) == (None, 0)
    assert again.fetched_at == clock.now()


async def test_keys_that_appear_later_are_found(from_files, open_session, server):
    _accepting(server, "AKIANEW")
    session = open_session()
    with pytest.raises(NoCredentials):
        await session.read("cloudwatch", "DescribeAlarms")
    assert server.seen == []
    _write(from_files, "credentials", _keys("AKIANEW"))
    assert await session.read("cloudwatch", "DescribeAlarms")


async def test_lost_keys_are_sought_again_after_a_while_and_on_request(open_session, server, monkeypatch):
    _accepting(server, "AKIANEW")
    wall = ManualClock(datetime(2026, 4, 1, tzinfo=UTC))
    session = open_session(wall=wall)
    with pytest.raises(Expired):
        await session.read("cloudwatch", "DescribeAlarms")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANEW")
    with pytest.raises(Expired):
        await session.read("cloudwatch", "DescribeAlarms")
    wall.advance(31)
    assert await session.read("cloudwatch", "DescribeAlarms")

    other = open_session(wall=wall)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOLD")
    with pytest.raises(Expired):
        await other.read("cloudwatch", "DescribeAlarms")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANEW")
    other.renew()
    assert await other.read("cloudwatch", "DescribeAlarms")


async def test_asking_for_renewal_leaves_good_connections_alone(session, server):
    _accepting(server, "AKIAFIRST")
    await session.read("cloudwatch", "DescribeAlarms")
    login = await session._loaded()
    before = login._clients
    session.renew()
    await session.read("cloudwatch", "DescribeAlarms")
    assert login._clients is before


async def test_an_unknown_profile_is_explained_and_can_be_added(from_files, open_session, server):
    _accepting(server, "AKIANEW")
    session = open_session(profile="ops")
    with pytest.raises(NoCredentials) as caught:
        await session.read("cloudwatch", "DescribeAlarms")
    assert "profile" in caught.value.problem.summary
    _write(from_files, "credentials", _keys("AKIANEW", "ops"))
    assert await session.read("cloudwatch", "DescribeAlarms")


async def test_a_named_profile_wins_over_the_environment(aws_home, open_session, server, monkeypatch):
    _write(aws_home, "credentials", _keys("AKIAPROFILE", "ops"))
    _accepting(server, "AKIAPROFILE")
    assert await open_session(profile="ops").read("cloudwatch", "DescribeAlarms")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_PROFILE", "ops")
    assert await open_session().read("cloudwatch", "DescribeAlarms")


async def test_endpoint_and_region_of_the_environment_are_honoured(open_session, server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    _accepting(server, "AKIAFIRST")
    session = open_session(endpoint_url="", region="")
    await session.read("cloudwatch", "DescribeAlarms")
    await session.read("cloudwatch", "DescribeAlarms", region="us-east-1")
    regions = [request.headers["authorization"].split("/")[2] for request in server.seen]
    assert regions == ["eu-west-1", "us-east-1"]


async def test_identity_names_the_caller_and_the_way(session, server):
    _accepting(server, "AKIAFIRST")
    identity = await session.identity()
    assert (identity.account, identity.name, identity.method) == ("111122223333", "taro", "env")
    assert identity.expires_at is None


async def test_a_role_is_assumed_with_the_credentials_found(open_session, server):
    _accepting(server, "AKIAROLE")
    session = open_session(role_arn=ROLE, external_id="ext", session_name="当番 taro")
    identity = await session.identity()
    assert identity.method == "assume-role"
    assert identity.expires_at is not None
    assert identity.expires_at > datetime.now(UTC)
    body = next(request.body.decode() for request in server.seen if request.operation == "AssumeRole")
    assert "ExternalId=ext" in body
    assert "RoleSessionName=---taro" in body


async def test_a_role_that_may_not_be_assumed_names_that_permission(open_session, server):
    server.always(
        Reply(
            b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: u is not authorized to perform: "
            b"sts:AssumeRole on resource: r</Message></Error></ErrorResponse>",
            403,
        )
    )
    with pytest.raises(AccessDenied) as caught:
        await open_session(role_arn=ROLE).read("cloudwatch", "DescribeAlarms")
    assert caught.value.problem.permission == "sts:AssumeRole"


MFA_PROFILE = f"[profile ops]\nrole_arn = {ROLE}\nsource_profile = base\nmfa_serial = {DEVICE}\n"


@pytest.mark.parametrize("by", ["profile", "settings"])
async def test_a_code_is_asked_for_by_an_error_and_starts_a_session(by, from_files, open_session, server):
    _write(from_files, "config", MFA_PROFILE)
    _write(from_files, "credentials", _keys("AKIABASE", "base"))
    _accepting(server, "AKIAROLE")
    settings = (
        {"profile": "ops"} if by == "profile" else {"profile": "base", "role_arn": ROLE, "mfa_serial": DEVICE}
    )
    session = open_session(**settings)
    with pytest.raises(MfaNeeded) as caught:
        await session.read("cloudwatch", "DescribeAlarms")
    assert (caught.value.role_arn, caught.value.serial) == (ROLE, DEVICE)
    assert caught.value.problem.kind is ProblemKind.EXPIRED
    assert server.seen == []
    with pytest.raises(AccessDenied) as refused:
        await session.assume("000000")
    assert "MFA" in refused.value.problem.summary
    await session.assume("123456")
    session.renew()
    assert await session.read("cloudwatch", "DescribeAlarms")
    assert (await session.identity()).expires_at is not None
    assert server.counts["AssumeRole"] == 2


async def test_a_session_that_ends_asks_for_another_code(from_files, open_session, server):
    _write(from_files, "config", MFA_PROFILE)
    _write(from_files, "credentials", _keys("AKIABASE", "base"))
    ends = datetime.now(UTC) + timedelta(hours=1)
    _accepting(server, "AKIAROLE", ends=ends)
    wall = ManualClock(datetime.now(UTC))
    session = open_session(profile="ops", wall=wall)
    await session.assume("123456")
    wall.advance(3500)
    assert await session.read("cloudwatch", "DescribeAlarms")
    wall.advance(200)
    with pytest.raises(MfaNeeded):
        await session.read("cloudwatch", "DescribeAlarms")
    _accepting(server, "AKIAROLE", ends=ends + timedelta(hours=1))
    await session.assume("123456")


async def test_an_ended_sso_login_names_the_command_and_resumes(from_files, open_session, server):
    _write(
        from_files,
        "config",
        "[profile ops]\nsso_start_url = https://example.invalid/start\nsso_region = ap-northeast-1\n"
        "sso_account_id = 111122223333\nsso_role_name = operator\n",
    )
    with pytest.raises(Expired) as caught:
        await open_session(profile="ops").read("cloudwatch", "DescribeAlarms")
    assert "aws sso login --profile ops" in caught.value.problem.remedy
    assert server.seen == []


async def test_nothing_of_the_sdk_reaches_the_terminal(from_files, open_session, server, capfd, caplog):
    _write(from_files, "config", MFA_PROFILE)
    _write(from_files, "credentials", _keys("AKIABASE", "base"))
    with caplog.at_level(logging.DEBUG), pytest.raises(MfaNeeded):
        await open_session(profile="ops").read("cloudwatch", "DescribeAlarms")
    out, err = capfd.readouterr()
    assert out == err == ""
    assert not [record for record in caplog.records if record.name.startswith(("botocore", "aiobotocore"))]


async def test_errors_carry_no_secret(from_files, open_session, server):
    _write(from_files, "config", MFA_PROFILE)
    _write(from_files, "credentials", _keys("AKIABASE", "base"))
    _accepting(server)
    session = open_session(profile="ops")
    await session.assume("123456")
    login = await session._loaded()
    assert "canary" not in repr(login._clients.session_credentials)
    with pytest.raises(Expired) as caught:
        await session.read("cloudwatch", "DescribeAlarms")
    assert "canary" not in repr(caught.value.problem)


def test_the_environment_of_the_tests_is_our_own(aws_home):
    assert Path("~/.aws").expanduser() == aws_home
    assert not any(name.startswith("AWS_ENDPOINT") for name in os.environ)


def test_what_is_stamped_changes_with_the_files(aws_home):
    from services.aws.client.identity import credential_files, stamp

    named: Any = ["~/.aws/credentials", "~/.aws/config", ""]
    empty = stamp(credential_files(named))
    (aws_home / "sso" / "cache").mkdir(parents=True)
    (aws_home / "sso" / "cache" / "a.json").write_text("{}")
    with_sso = stamp(credential_files(named))
    (aws_home / "credentials").write_text("x")
    assert len({empty, with_sso, stamp(credential_files(named))}) == 3
