import asyncio
import sys

import pytest

from services.host.programs import all_ended, begin, end
from tests.faults.waiting import until
from tests.tools.process import endless, is_running

PIPES = {
    "stdin": asyncio.subprocess.DEVNULL,
    "stdout": asyncio.subprocess.PIPE,
    "stderr": asyncio.subprocess.PIPE,
}


def with_a_child(pids):
    """A program that never ends, and whose child holds its pipes."""
    return sys.executable, "-c", endless(pids)


async def test_a_program_cancelled_at_its_start_ends_without_a_waiter(tmp_path, monkeypatch):
    loop, pids, go = asyncio.get_running_loop(), tmp_path / "pids", asyncio.Event()
    connect = loop.connect_read_pipe

    async def late(factory, pipe):
        await go.wait()
        return await connect(factory, pipe)

    processes, create = list[asyncio.subprocess.Process](), asyncio.create_subprocess_exec

    async def recorder(*command, **options):
        processes.append(await create(*command, **options))
        return processes[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", recorder)
    monkeypatch.setattr(loop, "connect_read_pipe", late)
    beginning = asyncio.create_task(begin(*with_a_child(pids), **PIPES))
    await until(pids.exists)
    beginning.cancel()
    # It ends although the program has not begun as far as asyncio knows.
    await asyncio.wait({beginning}, timeout=60)
    assert beginning.cancelled()
    ending = asyncio.create_task(all_ended())
    await asyncio.sleep(0)
    assert not ending.done()
    go.set()
    await ending
    every = [int(pid) for pid in pids.read_text().split()]
    await until(lambda: not any(map(is_running, every)))
    await all_ended()
    # The loop has to hear of its end while it runs.
    await until(lambda: processes[0].returncode is not None)


async def test_a_program_is_ended_with_its_child(tmp_path):
    pids = tmp_path / "pids"
    process = await begin(*with_a_child(pids), **PIPES)
    await until(pids.exists)
    end(process)
    await until(lambda: process.returncode is not None)
    every = [int(pid) for pid in pids.read_text().split()]
    await until(lambda: not any(map(is_running, every)))


async def test_a_program_that_cannot_start_is_reported():
    with pytest.raises(FileNotFoundError):
        await begin("/nowhere/no-such-program", **PIPES)


async def test_a_program_gets_no_token_of_the_console(monkeypatch):
    monkeypatch.setenv("TOBAN_GITHUB_TOKEN", "canary-of-github")
    monkeypatch.setenv("TOBAN_SLACK_TOKEN", "canary-of-slack")
    monkeypatch.setenv("AWS_PROFILE", "needed")
    process = await begin(sys.executable, "-c", "import os; print(dict(os.environ))", **PIPES)
    output, _errors = await process.communicate()
    assert b"canary" not in output
    assert b"needed" in output
