"""What the SDK opens or runs because a setting says so never holds the console up: files, certificates, programs."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from services.aws.client.errors import AwsError, Invalid
from services.aws.client.sdk import files as sdk_files
from services.aws.client.sdk.clients import Clients
from services.host import known_secrets
from services.models.problem import ProblemKind
from tests.faults.server import Reply, answer, xml
from tests.faults.time_limits import LIMIT
from tests.faults.waiting import until
from tests.services.aws.least import least_params
from tests.tools.process import endless, is_running

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
ROLE = "arn:aws:iam::111122223333:role/operator"
PIECES = {
    "web_identity_token_file": f"role_arn = {ROLE}\nweb_identity_token_file = {{path}}\n",
    "ca_bundle": "ca_bundle = {path}\n",
}


def unfit(folder, kind):
    path = folder / "unfit"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link to a device":
        path.symlink_to("/dev/zero")
    else:
        with path.open("wb") as file:
            file.truncate(1 << 30)
    return path


KINDS = ("fifo", "link to a device", "huge")


@pytest.fixture
def without_keys(aws_home, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    return aws_home


async def refused(session, path):
    with pytest.raises(Invalid) as caught:
        await session.read("cloudwatch", "DescribeAlarms", timeout=30)
    assert str(path) in caught.value.problem.detail
    assert "settings of this machine" in caught.value.problem.summary


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variable", [*sdk_files.FILE_VARIABLES, sdk_files.WRITTEN_VARIABLE])
async def test_a_variable_leads_to_a_file_alone(variable, kind, tmp_path, open_session, server, monkeypatch):
    if (variable, kind) == (sdk_files.WRITTEN_VARIABLE, "huge"):
        pytest.skip("what is appended to may be large")
    path = unfit(tmp_path, kind)
    monkeypatch.setenv(variable, str(path))
    await refused(open_session(), path)
    assert server.seen == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", PIECES)
@pytest.mark.parametrize("where", ["in use", "source"])
async def test_a_profile_leads_to_a_file_alone(
    key, kind, where, tmp_path, without_keys, open_session, server
):
    path = unfit(tmp_path, kind)
    piece = PIECES[key].format(path=path)
    config = {
        "in use": f"[profile ops]\n{piece}",
        "source": f"[profile ops]\nrole_arn = {ROLE}\nsource_profile = base\n[profile base]\n{piece}",
    }
    (without_keys / "config").write_text(config[where])
    await refused(open_session(profile="ops"), path)
    assert server.seen == []


async def test_a_profile_that_is_not_in_use_may_name_anything(tmp_path, aws_home, open_session, server):
    (aws_home / "config").write_text(
        f"[profile other]\nweb_identity_token_file = {unfit(tmp_path, 'fifo')}\nsource_profile = other\n"
    )
    server.always(answer({"MetricAlarms": []}))
    assert await open_session().read("cloudwatch", "DescribeAlarms")


def with_token(server):
    def respond(request):
        if request.operation != "AssumeRoleWithWebIdentity":
            return answer({"MetricAlarms": []})
        # Ended before it began: it is renewed for every request.
        return xml(
            "AssumeRoleWithWebIdentity",
            "<Credentials><AccessKeyId>AKIAWEB</AccessKeyId><SecretAccessKey>secret-of-web</SecretAccessKey>"
            "<SessionToken>token-of-web</SessionToken><Expiration>2020-01-01T00:00:00Z</Expiration></Credentials>",
        )

    server.respond = respond


async def test_a_token_that_becomes_a_pipe_later_is_refused_when_it_is_read_again(
    tmp_path, without_keys, open_session, server
):
    path = tmp_path / "token"
    path.write_text("web-token-of-the-tests\n")
    (without_keys / "config").write_text(f"[default]\n{PIECES['web_identity_token_file'].format(path=path)}")
    with_token(server)
    session = open_session()
    with pytest.raises(AwsError) as first:
        await session.read("cloudwatch", "DescribeAlarms")
    assert first.value.problem.kind is ProblemKind.EXPIRED
    assert {"web-token-of-the-tests", "secret-of-web", "token-of-web"} <= {*known_secrets.all_secrets()}
    path.unlink()
    os.mkfifo(path)
    login = await session._loaded()
    login._clients.suspect = False
    await refused(session, path)


async def test_a_token_that_is_not_there_is_no_matter_of_the_network(tmp_path, without_keys, open_session):
    path = tmp_path / "none"
    (without_keys / "config").write_text(f"[default]\n{PIECES['web_identity_token_file'].format(path=path)}")
    await refused(open_session(), path)


@pytest.mark.parametrize("preloaded", [False, True])
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_files_that_tls_opens_on_import_are_checked_before(variable, preloaded, tmp_path):
    # In a process of its own: this one has imported the SDK.
    path = tmp_path / "fifo"
    if variable == "SSL_CERT_DIR":
        path = tmp_path / "certificates"
        path.mkdir()
        os.mkfifo(path / "0123abcd.0")
    else:
        os.mkfifo(path)
    script = (
        ("from services.aws.client import session; session.preload()\n" if preloaded else "")
        + "from tui.cli.main import main\nmain(['--lang', 'en', 'alarms', '--endpoint-url', 'http://127.0.0.1:9'])"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "made-up-secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        variable: str(path),
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3, done.stderr.decode()
    output = done.stdout.decode()
    assert f"{variable}: {path}" in output
    assert "is not a file but a pipe" in output


async def test_settings_on_a_file_system_that_hangs_leave_the_loop_alone(
    open_session, server, monkeypatch, limits
):
    # A stalled NFS mount cannot be created here: the check of the files waits as it would.
    server.always(answer({"MetricAlarms": []}))
    there = {"hangs": True, "begun": 0}

    def check_variables():
        there["begun"] += 1
        while there["hangs"]:
            time.sleep(0.01)

    session = open_session()
    await session.warm(())
    monkeypatch.setattr(sdk_files, "check_variables", check_variables)
    for _ in range(3):
        async with asyncio.timeout(60):
            read = asyncio.create_task(session.read("cloudwatch", "DescribeAlarms", timeout=LIMIT))
            await limits.pass_when(lambda: there["begun"])
            with pytest.raises(AwsError) as caught:
                await read
        assert caught.value.problem.kind is ProblemKind.UNREACHABLE
    assert there["begun"] == 1, "one thread hangs, not one for each request"
    there["hangs"] = False
    assert await session.read("cloudwatch", "DescribeAlarms")


async def test_files_of_lost_credentials_on_a_file_system_that_hangs_take_one_thread(
    open_session, server, aws_home, monkeypatch
):
    # Not one for each request, and none that the end of the process waits for.
    server.always(Reply(b'{"__type": "ExpiredTokenException", "message": "expired"}', 400))
    there, daemons, stamp = threading.Event(), list[bool](), Clients.stamp

    def stamp_there(clients):
        daemons.append(threading.current_thread().daemon)
        there.wait()
        return stamp(clients)

    session = open_session()
    with pytest.raises(AwsError) as caught:
        await session.read("cloudwatch", "DescribeAlarms")
    assert caught.value.problem.kind is ProblemKind.EXPIRED
    login = await session._loaded()
    monkeypatch.setattr(Clients, "stamp", stamp_there)
    try:
        for _ in range(3):
            reading = asyncio.create_task(session.read("cloudwatch", "DescribeAlarms", timeout=600))
            await until(lambda: login._lock.locked() and daemons)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        (aws_home / "credentials").write_text("[default]\naws_access_key_id = AKIANEW\n")
    finally:
        there.set()
    server.always(answer({"MetricAlarms": []}))
    before = login._clients
    assert await session.read("cloudwatch", "DescribeAlarms")
    assert login._clients is not before, "the file is seen"
    assert daemons in ([True] * 2, [True] * 3), (
        "the one that hung, that of the new clients, perhaps one between"
    )


def program(folder, text):
    path = folder / "credentials.py"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return f"[profile ops]\ncredential_process = {path}\n"


async def test_a_program_that_gives_credentials_gets_no_keys_of_ours(
    tmp_path, without_keys, open_session, server
):
    keys = {
        "Version": 1,
        "AccessKeyId": "AKIAPROG",
        "SecretAccessKey": "secret-of-program",
        "SessionToken": "t",
    }
    text = f"import os, sys\nassert sys.stdin.read() == ''\nassert os.getsid(0) == os.getpid()\nprint({json.dumps(keys)!r})"
    (without_keys / "config").write_text(program(tmp_path, text))
    server.always(answer({"MetricAlarms": []}))
    assert await open_session(profile="ops").read("cloudwatch", "DescribeAlarms")
    assert server.seen[0].access_key == "AKIAPROG"
    assert "secret-of-program" in known_secrets.all_secrets()


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_program_that_never_ends_is_ended_with_the_request(
    leaves, tmp_path, without_keys, open_session, monkeypatch
):
    # Its child too, unless it leaves the program's session: then the pipes at least are closed, here.
    pids, begun = tmp_path / "pids", list[asyncio.subprocess.Process]()
    (without_keys / "config").write_text(program(tmp_path, endless(pids, leaves=leaves)))
    begin = asyncio.create_subprocess_exec

    async def begin_seen(*command, **options):
        begun.append(await begin(*command, **options))
        return begun[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", begin_seen)
    reading = asyncio.create_task(
        open_session(profile="ops").read("cloudwatch", "DescribeAlarms", timeout=600)
    )
    await until(lambda: pids.exists() or reading.done())
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    # The loop has to hear of its end while it runs, or what it keeps of the program is never put away.
    await until(lambda: begun)
    (process,) = begun
    await until(lambda: process.returncode is not None)
    program_id, child = map(int, pids.read_text().split())
    if leaves:
        os.kill(child, signal.SIGKILL)
    await until(process._transport.is_closing)  # asyncio has no public API for it
    await until(lambda: not is_running(program_id) and not is_running(child))


@pytest.mark.parametrize(
    "setting",
    [
        "defaults_mode = x",
        f"role_arn = {ROLE}\nsource_profile = ops\nmfa_serial = x",
        f"role_arn = {ROLE}",
        f"role_arn = {ROLE}\nsource_profile = nobody",
        f"role_arn = {ROLE}\ncredential_source = x",
        f"role_arn = {ROLE}\nsource_profile = other",
        "s3 =\n  addressing_style = x",
        "sts_regional_endpoints = x",
        "request_checksum_calculation = x",
        "ca_bundle = ",
        "s3\n  x",
        "[",
    ],
)
async def test_a_mistake_in_the_aws_configuration_names_that_file(
    setting, without_keys, open_session, server
):
    (without_keys / "config").write_text(
        f"[profile ops]\n{setting}\n[profile other]\nrole_arn = {ROLE}\nsource_profile = third\n"
        f"[profile third]\nrole_arn = {ROLE}\nsource_profile = other\n"
    )
    if not setting.startswith("role_arn"):
        (without_keys / "credentials").write_text(
            "[ops]\naws_access_key_id = AKIAOPS\naws_secret_access_key = canary-of-the-tests\n"
        )
    server.always(answer({"MetricAlarms": []}))
    call = ("s3", "ListObjectsV2") if setting.startswith("s3 ") else ("cloudwatch", "DescribeAlarms")
    with pytest.raises(AwsError) as caught:
        await open_session(profile="ops").read(*call, **least_params(*call))
    problem = caught.value.problem
    assert "~/.aws/config" in problem.remedy or "~/.aws;" in problem.remedy, problem
    assert "runbook" not in problem.remedy
    assert server.seen == []
