"""Compiles what an installer left as source, once: pip compiles, `uv tool install` does not unless it is told to.

Without bytecode a start takes about 2.6 times as long.
"""

import os
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

_LEAST_PRIORITY = 19
_COMPILE = (
    f"import compileall, os, sys; os.nice({_LEAST_PRIORITY}); compileall.compile_dir(sys.argv[1], quiet=2)"
)


def compile_once() -> None:
    """Start a process of the lowest priority that compiles Toban and what is installed beside it, unless that was done.

    Nobody waits for it, and its failure changes nothing: Python compiles what it imports anyhow.
    """
    folder = Path(__file__).parent
    # The only file here that Python itself never writes bytecode of: nothing imports it.
    compiled = Path(cache_from_source(str(folder / "__main__.py")))
    if sys.dont_write_bytecode or compiled.is_file() or not os.access(folder, os.W_OK):
        return
    try:
        subprocess.Popen(
            [sys.executable, "-I", "-c", _COMPILE, str(folder.parent)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return
