"""Compiles what an installer left as source, once: pip compiles, `uv tool install` does not unless it is told to.

Without bytecode a start takes about 2.6 times as long.
"""

import os
import subprocess
import sys
import threading
from importlib.util import cache_from_source
from pathlib import Path

_LEAST_PRIORITY = 19
_COMPILE = f"""
import compileall, fcntl, os, re, sys
file = open(sys.argv[1] + "/toban/__main__.py")
try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit()
except OSError:
    pass
os.nice({_LEAST_PRIORITY})
os.umask(0o022)
compileall.compile_dir(sys.argv[1], quiet=2, rx=re.compile("/toban/compiled[.]py$"))
compileall.compile_file(sys.argv[1] + "/toban/compiled.py", quiet=2)
"""
"""One process at a time, where the file system has locks; whoever may read the sources may read what it writes."""


def compile_once() -> None:
    """Start a process of the lowest priority that compiles Toban and what is installed beside it, unless that was done.

    Nobody waits for it, and its failure changes nothing: Python compiles what it imports anyhow.
    """
    folder = Path(__file__).parent
    compiled = Path(cache_from_source(str(folder / "compiled.py")))
    if sys.dont_write_bytecode or compiled.is_file() or not os.access(folder, os.W_OK):
        return
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", *_options(), "-c", _COMPILE, str(folder.parent)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return
    # A console runs for days, and a child process that nobody waits for stays in the process table.
    threading.Thread(target=process.wait, name="bytecode", daemon=True).start()


def _options() -> list[str]:
    """What makes the process write the files that this Python reads: it ignores PYTHONOPTIMIZE and PYTHONPYCACHEPREFIX."""
    prefix = ["-X", f"pycache_prefix={sys.pycache_prefix}"] if sys.pycache_prefix else []
    return [*prefix, *["-O"] * sys.flags.optimize]
