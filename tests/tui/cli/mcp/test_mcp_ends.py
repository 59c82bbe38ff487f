import json
import os
import select
import shlex
import signal
import subprocess
import sys

import pytest

from tests.tools.process import wait_for
from tests.tui.cli.mcp.client import ROOT, command, environment
from tests.tui.cli.mcp.raw import GREETING, Server, spawned
from tui.cli.main import PrintedOutput, run
from tui.cli.mcp import mcp_command
from tui.cli.mcp.stdio import LONGEST, MOST, parsed
from tui.exit_status import ExitStatus

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)
READ = "DescribeAlarms"


def test_without_its_library_it_says_how_to_install_it(capsys, monkeypatch):
    monkeypatch.setattr(mcp_command, "find_spec", lambda _name: None)
    assert run(["--lang", "en", "mcp"], PrintedOutput(outline_drawn=False)) == ExitStatus.UNAVAILABLE
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("The library for the Model Context Protocol is not installed. To install it: ")
    assert "[mcp]" in line


@pytest.mark.slow
def test_it_ends_with_its_input():
    with spawned() as server:
        assert server.end() == (ExitStatus.NORMAL, b"", b"")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_its_reads(embedded_now, number):
    with spawned("--endpoint-url", embedded_now.url) as server, embedded_now.held("cloudwatch", READ):
        server.begin("tools/call", {"name": "list_alarms"})
        wait_for(lambda: embedded_now.counts().get(f"cloudwatch.{READ}"))
        server.process.send_signal(number)
        assert server.process.wait(60) == 128 + number
        assert server.process.stderr.read() == b""


@pytest.mark.slow
def test_it_ends_when_nobody_reads_its_output():
    with spawned() as server:
        server.process.stdout.close()
        server.begin("tools/list")
        assert server.process.wait(60) == ExitStatus.BROKEN_PIPE
        assert server.process.stderr.read() == b""


@pytest.mark.slow
def test_a_client_that_does_not_read_does_not_keep_it_from_ending():
    with spawned() as server:
        for _turn in range(5):
            server.begin("tools/list")  # more than a pipe holds
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 128 + signal.SIGTERM


@pytest.mark.slow
@pytest.mark.parametrize(
    ("streams", "status"),
    [("< messages", ExitStatus.NORMAL), ("<&-", ExitStatus.NORMAL), (">&-", ExitStatus.IO)],
)
def test_a_file_is_read_to_its_end_and_without_input_or_output_it_does_not_begin(tmp_path, streams, status):
    (tmp_path / "messages").write_bytes(json.dumps(GREETING).encode())
    words = f"{shlex.join([sys.executable, *command()])} {streams}"
    own = environment(PYTHONPATH=os.fspath(ROOT))
    done = subprocess.run(["sh", "-c", words], capture_output=True, env=own, cwd=tmp_path, check=False)
    assert done.returncode == status
    assert len(done.stderr.splitlines()) == (status is not ExitStatus.NORMAL)


def cancel(server: Server, id: int) -> None:
    message = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}
    server.send(json.dumps(message).encode())


@pytest.mark.slow
def test_calls_run_beside_each_other_and_a_cancelled_one_reads_no_further(embedded_now):
    with spawned("--endpoint-url", embedded_now.url) as server:
        before = server.sockets()
        with embedded_now.held("cloudwatch", READ):
            ids = [server.begin("tools/call", {"name": "list_alarms"}) for _turn in range(3)]
            wait_for(lambda: embedded_now.counts().get(f"cloudwatch.{READ}", 0) == 3)
            assert server.sockets() > before
            assert "result" in server.call("list_duties", {"days": 1})
            for id in ids:
                cancel(server, id)
            wait_for(lambda: server.sockets() == before)
        answer = server.call("list_alarms", {})
        assert not answer["result"].get("isError")
        assert answer["result"]["structuredContent"]["alarms"]


@pytest.mark.slow
def test_more_calls_than_it_carries_out_at_once_wait(embedded_now):
    with spawned("--endpoint-url", embedded_now.url) as server:
        ids = {server.begin("tools/call", {"name": "list_alarms"}) for _turn in range(12)}
        answers = [server.receive() for _id in ids]
        assert {answer["id"] for answer in answers} == ids
        assert all(answer["result"]["structuredContent"]["alarms"] for answer in answers)


@pytest.mark.slow
def test_what_else_prints_does_not_reach_the_client():
    script = (
        "import os, sys, tui.cli.mcp.server as server, tui.cli.main as main\n"
        "real = server.Tools.listed\n"
        "async def listed(*given):\n"
        "    print('stray'); sys.stdout.flush(); os.write(1, b'raw')\n"
        "    return await real(*given)\n"
        "server.Tools.listed = listed\n"
        "main.main(['--lang', 'en', 'mcp'])\n"
    )
    with spawned(script=script) as server:
        assert server.ask("tools/list")["result"]["tools"]
        assert server.end() == (0, b"", b"")


@pytest.mark.slow
def test_what_a_client_never_reads_does_not_pile_up():
    # Neither answers nor complaints: no further request is read then, and every request is answered once it reads.
    more = MOST + 32
    with spawned() as server:
        assert server.process.stderr is not None
        descriptor = server.process.stdin.fileno()
        junk = b"junk\n" * 2_000
        os.set_blocking(descriptor, False)
        while junk:
            wait_for(lambda: select.select([], [descriptor], [], 0.1)[1])
            junk = junk[os.write(descriptor, junk) :]
        line = b'{"jsonrpc": "2.0", "id": %d, "method": "tools/list"}\n'
        listing = b"".join(line % number for number in range(more))
        sent = 0
        while select.select([], [descriptor], [], 1.0)[1]:
            sent += os.write(descriptor, (listing + b"\n" * (1 << 20))[sent : sent + (1 << 16)])
        # What a pipe and the reader hold; the rest stays with the client.
        assert sent < len(listing) + (1 << 19)
        answers = {server.receive()["id"] for _number in range(more)}
        assert answers == set(range(more))


@pytest.mark.slow
def test_cancelled_and_refused_requests_make_room_for_others(embedded_now):
    with spawned("--endpoint-url", embedded_now.url) as server:
        with embedded_now.held("cloudwatch", READ):
            for _turn in range(MOST * 2):
                cancel(server, server.begin("tools/call", {"name": "list_alarms"}))
            for number in range(MOST * 2):
                server.send(b'{"jsonrpc": "2.0", "id": %d, "method": 1}' % number)
                assert server.receive()["error"]["message"] == "Invalid request"
        assert server.call("list_alarms", {})["result"]["structuredContent"]["alarms"]


@pytest.mark.slow
def test_long_requests_are_answered_one_after_the_other():
    value = "a" * (LONGEST - 1000)
    with spawned() as server:
        for _turn in range(3):
            answer = server.call("list_duties", {"month": value})
            assert answer["result"]["isError"]
        assert "result" in server.ask("ping")


def test_a_clients_own_errors_are_not_sent_back():
    line = b'{"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no"}}'
    assert parsed(line) is None
