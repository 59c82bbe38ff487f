import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_COMMANDS = {"toolong": "tl"}


@cache
def peer(name: str) -> str | None:
    command = _COMMANDS.get(name, name)
    own = ROOT / ".peers" / name / "bin" / command
    if own.exists():
        return str(own)
    return _second_aws() if name == "aws" else shutil.which(command)


def _second_aws() -> str | None:
    """Version 2 of the AWS CLI, which pip does not install; version 1, often before it on the PATH, has no `logs tail`."""
    for folder in os.get_exec_path():
        program = shutil.which("aws", path=folder)
        if program is not None:
            answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
            if answer.stdout.startswith("aws-cli/2"):
                return program
    return None
