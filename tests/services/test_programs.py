"""Programs that the console begins end with whoever asked for them."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.programs import begin, end, settled
from tests.faults.waiting import until

PIPES = {
    "stdin": asyncio.subprocess.DEVNULL,
    "stdout": asyncio.subprocess.PIPE,
    "stderr": asyncio.subprocess.PIPE,
}


def with_a_child(pids: Path) -> tuple[str, str, str]:
    """A program that never ends, and whose child holds its pipes."""
    text = (
        "import os, subprocess\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(pids) + '.new'!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.rename({str(pids) + '.new'!r}, {str(pids)!r})\nchild.wait()"
    )
    return sys.executable, "-c", text


def runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def test_a_program_whose_beginning_is_given_up_ends_and_nobody_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, pids, go = asyncio.get_running_loop(), tmp_path / "pids", asyncio.Event()
    connect = loop.connect_read_pipe

    async def late(factory: Callable[[], Any], pipe: Any) -> Any:
        await go.wait()
        return await connect(factory, pipe)

    begun, exec_ = list[asyncio.subprocess.Process](), asyncio.create_subprocess_exec

    async def seen(*command: str, **options: Any) -> asyncio.subprocess.Process:
        begun.append(await exec_(*command, **options))
        return begun[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", seen)
    monkeypatch.setattr(loop, "connect_read_pipe", late)
    beginning = asyncio.create_task(begin(*with_a_child(pids), **PIPES))
    await until(pids.exists)
    beginning.cancel()
    # It ends although the program has not begun as far as asyncio knows.
    await asyncio.wait({beginning}, timeout=60)
    assert beginning.cancelled()
    ending = asyncio.create_task(settled())
    await asyncio.sleep(0)
    assert not ending.done()
    go.set()
    await ending
    every = pids.read_text().split()
    await until(lambda: not any(map(runs, every)))
    await settled()
    # The loop has to hear of its end while it runs.
    await until(lambda: begun[0].returncode is not None)


async def test_a_program_is_ended_with_its_child(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    process = await begin(*with_a_child(pids), **PIPES)
    await until(pids.exists)
    end(process)
    await until(lambda: process.returncode is not None)
    await until(lambda: not any(map(runs, pids.read_text().split())))


async def test_what_cannot_begin_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        await begin("/nowhere/no-such-program", **PIPES)
