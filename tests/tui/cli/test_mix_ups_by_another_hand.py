import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import Embedded, MonkeyPatch
from tests.tui.printing import stdout_of
from tui.cli.main import run
from tui.cli.printing import PrintedOutput
from tui.exit_status import ExitStatus

OURS, OTHER = b"123456789012", b"999988887777"
STAMP = "%Y%m%dT%H%M%SZ"
Answer = tuple[int, dict[str, str], bytes]


class Wire(ThreadingHTTPServer):
    """Passes requests on to the embedded AWS, with what a test does to them and to their answers."""

    daemon_threads = True

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(url)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.instead: dict[str, Answer] = {}  # Answers by operation; these requests are not passed on
        self.changed: Callable[[str, bytes], bytes] = lambda _operation, body: body
        """The body of an answer as it arrives."""
        self.ahead = timedelta()  # AWS's clock less this machine's
        self.signed: list[datetime] = []  # The time that each request was signed with
        self.operations: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Wire

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _pass_on(self) -> None:
        wire = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.headers.get("X-Amz-Target", "").rsplit(".", 1)[-1]
        operation = target or parse_qs(body.decode("latin1")).get("Action", [self.path])[0]
        wire.operations.append(operation)
        now = datetime.now(UTC) + wire.ahead
        signed = datetime.strptime(self.headers["X-Amz-Date"], STAMP).replace(tzinfo=UTC)
        wire.signed.append(signed)
        if operation in wire.instead:
            status, headers, answer = wire.instead[operation]
        elif abs(signed - now) > timedelta(minutes=5):
            status, headers = 400, {"Content-Type": "application/x-amz-json-1.1"}
            message = f"Signature not yet current: {signed:{STAMP}} is still later than {now:{STAMP}}"
            answer = json.dumps({"__type": "InvalidSignatureException", "message": message}).encode()
        else:
            status, headers, answer = self._asked(body)
            answer = wire.changed(operation, answer)
        self.send_response_only(status)
        for name, value in ({"Date": format_datetime(now, usegmt=True)} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _pass_on

    def _asked(self, body: bytes) -> Answer:
        """What the embedded AWS answers; its own clock is this machine's."""
        now = datetime.now(UTC)
        headers = dict(self.headers.items()) | {"X-Amz-Date": f"{now:{STAMP}}"}
        headers["Authorization"] = re.sub(r"/\d{8}/", f"/{now:%Y%m%d}/", headers["Authorization"], count=1)
        upstream = http.client.HTTPConnection(str(self.server.upstream.hostname), self.server.upstream.port)
        upstream.request(self.command, self.path, body, headers)
        response = upstream.getresponse()
        answer = response.read()
        upstream.close()
        headers = {
            name: value
            for name, value in response.getheaders()
            if name.lower() not in ("content-length", "connection", "date", "transfer-encoding")
        }
        return response.status, headers, answer


@pytest.fixture
def wire(embedded_now: Embedded, monkeypatch: MonkeyPatch) -> Iterator[Wire]:
    server = Wire(embedded_now.url)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    yield server
    server.shutdown()
    server.server_close()


def toban(*argv: str) -> int:
    return run(["--lang", "en", *argv], PrintedOutput(outline_drawn=False))


def elsewhere(_operation: str, body: bytes) -> bytes:
    return body.replace(OURS, OTHER)


def half_elsewhere(operation: str, body: bytes) -> bytes:
    parts = body.split(OURS)
    middle = len(parts) // 2
    mixed = OURS.join(parts[:middle]) + OTHER + OTHER.join(parts[middle:])
    return mixed if operation == "DescribeAlarms" else body


def other_region(_operation: str, body: bytes) -> bytes:
    return body.replace(b"ap-northeast-1", b"ap-northeast-2")


XML = {"Content-Type": "text/xml"}
DENIED = (
    403,
    XML,
    b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
)
NO_ALARMS = 200, {"Content-Type": "application/x-amz-json-1.0"}, b'{"MetricAlarms":[],"CompositeAlarms":[]}'
STS_ANSWERS: dict[str, Answer] = {
    "denied": DENIED,
    "a page": (200, {"Content-Type": "text/html"}, b"<html>Sign in</html>"),
    "no number": (
        200,
        XML,
        b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts:::assumed-role/R/s</Arn>"
        b"<UserId>A:s</UserId><Account></Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
    ),
}


def test_a_list_of_two_accounts_and_one_of_another_region_are_refused(wire, capsys):
    for change, number in ((half_elsewhere, OTHER.decode()), (other_region, "ap-northeast-2")):
        wire.changed = change
        for argv in (("alarms", "--json"), ("inspect", "alarms", "--json")):
            assert toban(*argv) == ExitStatus.CONFIG, (change.__name__, argv)
            output = capsys.readouterr()
            assert not output.out
            assert number in output.err


@pytest.mark.slow
@pytest.mark.parametrize("answer", STS_ANSWERS)
def test_an_sts_that_tells_nothing_proves_nothing(answer, wire, capsys):
    wire.changed, wire.instead = elsewhere, {"GetCallerIdentity": STS_ANSWERS[answer]}
    assert toban("alarms") == ExitStatus.CONFIG, "ARNs tell whose they are"
    assert OTHER.decode() in capsys.readouterr().err
    output = stdout_of(capsys, toban("inspect", "dashboard"), ExitStatus.UNKNOWN)
    assert "could not be identified" in output
    assert "● normal" not in output
    assert toban("logs", "tail", "/ecs/staff-api", "--since", "10m") == ExitStatus.UNAVAILABLE
    assert not capsys.readouterr().out


def test_an_empty_account_is_judged_only_if_it_is_ours(wire, capsys):
    wire.instead = {"DescribeAlarms": NO_ALARMS}
    assert "× missing" in stdout_of(capsys, toban("alarms"), ExitStatus.ABNORMAL)
    wire.changed = elsewhere
    assert not stdout_of(capsys, toban("alarms"), ExitStatus.CONFIG)
    wire.instead["GetCallerIdentity"] = DENIED
    assert "× missing" not in stdout_of(capsys, toban("alarms"), ExitStatus.UNKNOWN)


def test_an_account_that_changes_during_an_assessment_is_refused(wire, capsys):
    for before in (0, 1):
        last = len(wire.operations) + before

        def change(operation: str, body: bytes, last: int = last) -> bytes:
            return body if len(wire.operations) <= last else elsewhere(operation, body)

        wire.changed = change
        assert toban("assess", "alb-5xx-error-rate") == ExitStatus.CONFIG, before
        assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("service", "argv"),
    [
        ("COST_EXPLORER", ("inspect", "costs")),
        ("IAM", ("inspect", "access-keys")),
        ("CLOUDTRAIL", ("inspect", "sign-ins")),
        ("CLOUDWATCH", ("inspect", "dashboard")),
    ],
)
def test_a_service_at_an_endpoint_of_its_own_is_not_proven_by_anothers_sts(
    service, argv, wire, embedded_now, monkeypatch,
    capsys,
):  # fmt: skip
    monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", embedded_now.url)
    assert "at another endpoint" in stdout_of(capsys, toban(*argv), ExitStatus.UNKNOWN)


def test_only_a_refusal_for_the_time_moves_the_time_of_signing(wire, capsys):
    # Words about the time on an error page are no refusal of AWS.
    wire.instead = {"DescribeAlarms": (500, {"Content-Type": "text/html", "Date": "Mon, 01 Jan 2029 00:00:00 GMT"},
                                       b"<html>RequestTimeTooSkewed: Signature not yet current</html>")}  # fmt: skip
    assert toban("alarms") == ExitStatus.UNKNOWN
    assert all(abs(signed - datetime.now(UTC)) < timedelta(minutes=2) for signed in wire.signed)
    wire.instead = {}
    for ahead in (timedelta(minutes=10), timedelta(hours=-1), timedelta(days=3)):
        wire.ahead = ahead
        assert toban("alarms") in (ExitStatus.NORMAL, ExitStatus.ATTENTION), ahead
        assert abs(wire.signed[-1] - datetime.now(UTC) - ahead) < timedelta(minutes=2)
    capsys.readouterr()
