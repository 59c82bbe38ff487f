"""The console beside a probe: `python -m tests.bench.growth.probed FILE ARGUMENT…`, arguments as of `toban`.
FILE gets a line for every step on the event loop that took over `NOTED` seconds of the processor: the seconds
of the monotonic clock at its end, its processor seconds, and whose step it was. Its first line is `ready`."""

import os
import sys
import time
from asyncio import Handle, Task

NOTED = 0.004


def install(path: str) -> None:
    file = open(path, "w", buffering=1, encoding="utf-8")  # noqa: SIM115  lives as long as the process
    run = Handle._run

    def noting(handle: Handle) -> None:
        began = time.thread_time()
        run(handle)
        took = time.thread_time() - began
        if took > NOTED:
            file.write(f"{time.monotonic():.3f} {took:.4f} {_name(handle)}\n")

    Handle._run = noting  # type: ignore[assignment, method-assign]
    file.write("ready\n")


def _name(handle: Handle) -> str:
    callback = handle._callback  # type: ignore[attr-defined]
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, Task):
        return f"{owner.get_name()} {getattr(owner.get_coro(), '__qualname__', '')}"
    return str(getattr(callback, "__qualname__", type(callback).__name__))


def main() -> None:
    path, *arguments = sys.argv[1:]
    install(path)
    sys.argv = ["toban", *arguments]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    from tui.__main__ import main as toban

    toban()


if __name__ == "__main__":
    main()
