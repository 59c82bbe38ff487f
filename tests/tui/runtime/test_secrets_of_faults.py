import asyncio
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from services.aws.client.meter import UsageMeter
from services.aws.client.secret import Secret
from services.aws.client.session import AwsSession, AwsSettings
from services.clock import SystemClock
from services.host import known_secrets
from tests.faults.server import FaultServer, Reply, Seen, answer, fault_server, xml
from tests.tui.printing import stderr_of
from tui.cli.main import PrintedOutput, run
from tui.runtime import debug_log, last_resort

ROLE = "arn:aws:iam::111122223333:role/operator"
WRITTEN = ("written/secret+of+profile", "written-token-of-profile")


@pytest.fixture(autouse=True)
def nowhere_after() -> Iterator[None]:
    yield
    debug_log.use(None)


@pytest.fixture(autouse=True)
def hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    last_resort.install()


@pytest.fixture
def profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "credentials"
    path.write_text(
        f"[default]\naws_access_key_id=AKIAWRITTEN\naws_secret_access_key = {WRITTEN[0]}\n"
        f"AWS_SESSION_TOKEN={WRITTEN[1]}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def told(path: Path, error: BaseException) -> str:
    """By every way at once: what the log holds, and what a person reads."""

    def fail() -> None:
        raise error

    thread = threading.Thread(target=fail, name=f"thread of {error}")
    thread.start()
    thread.join()

    class Unraisable:
        exc_value, err_msg = error, f"in {error}"

    sys.unraisablehook(Unraisable())  # type: ignore[arg-type]
    loop = asyncio.new_event_loop()
    last_resort.on_loop_fault(loop, {"exception": error, "message": f"task {error}"})
    last_resort.on_loop_fault(loop, {"message": f"without a fault {error}"})
    loop.close()
    line = last_resort.line(error)
    assert debug_log.flush()
    return line + path.read_text()


def role(number: int) -> Reply:
    # Nearly ended: the next request renews it.
    ends = datetime.now(UTC) + timedelta(seconds=1)
    return xml(
        "AssumeRole",
        f"<Credentials><AccessKeyId>AKIAROLE</AccessKeyId><SecretAccessKey>secret-of-role-{number}</SecretAccessKey>"
        f"<SessionToken>token-of-role-{number}</SessionToken><Expiration>{ends.isoformat()}</Expiration></Credentials>"
        f"<AssumedRoleUser><Arn>{ROLE}</Arn><AssumedRoleId>A:taro</AssumedRoleId></AssumedRoleUser>",
    )


@pytest.mark.usefixtures("profile")
async def test_secrets_of_a_session_are_left_out_renewed_ones_too(tmp_path):
    path = tmp_path / "debug.log"
    debug_log.begin(path)
    async with fault_server() as server:

        def respond(request: Seen) -> Reply:
            return (
                role(server.counts["AssumeRole"])
                if request.operation == "AssumeRole"
                else answer({"MetricAlarms": []})
            )

        server.respond = respond
        await read_twice(server)
    secrets = [*WRITTEN, *(f"{kind}-of-role-{number}" for kind in ("secret", "token") for number in (1, 2))]
    assert {*secrets} <= {*known_secrets.all_secrets()}
    quoted = [quote(each, safe="") for each in secrets]
    text = await asyncio.to_thread(told, path, KeyError(" ".join([*secrets, *quoted])))
    assert "***" in text
    assert not [each for each in (*secrets, *quoted) if each in text]


async def read_twice(server: FaultServer) -> None:
    clock = SystemClock()
    settings = AwsSettings(region="ap-northeast-1", endpoint_url=server.url, role_arn=ROLE)
    session = AwsSession(settings, clock=clock, meter=UsageMeter(clock))
    for _ in range(2):
        await session.read("cloudwatch", "DescribeAlarms")
    await session.read("cloudwatch", "DescribeAlarms")
    await session.close()


@pytest.mark.usefixtures("profile")
def test_a_command_that_fails_shows_no_secret_of_a_file(tmp_path, monkeypatch, capsys):
    # Also where the credentials were read by a way that is not ours.
    monkeypatch.setattr(known_secrets, "_known", {})

    def fail(_path: Path) -> None:
        raise KeyError(f"Authorization token {WRITTEN[1]} of {WRITTEN[0]}")

    monkeypatch.setattr("tui.cli.files.check", fail)
    path = tmp_path / "debug.log"
    arguments = ["--lang", "en", "--debug", str(path), "runbook", "check", "x.toml"]
    shown = stderr_of(capsys, run(arguments, PrintedOutput(outline_drawn=False)), 70)
    assert "token *** of ***" in shown
    assert not [each for each in WRITTEN if each in shown + path.read_text()]


def test_what_is_carried_as_a_secret_is_known(tmp_path):
    path = tmp_path / "debug.log"
    debug_log.begin(path)
    Secret("xoxb-of-the-tests")
    assert "xoxb-of-the-tests" not in told(path, ValueError("of xoxb-of-the-tests"))


def test_only_the_newest_are_kept(monkeypatch):
    monkeypatch.setattr(known_secrets, "_known", {})
    known_secrets.remember(f"secret {number}" for number in range(known_secrets.MOST + 10))
    known_secrets.remember(["", None, 3])
    assert len(known_secrets.all_secrets()) == known_secrets.MOST
    assert known_secrets.all_secrets()[-1] == f"secret {known_secrets.MOST + 9}"
