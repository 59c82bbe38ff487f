"""Moves the lock files to newer versions (`make bump`), one kind of risk at a time.

    python -m tests.tools.bump            # whatever the pins of pyproject.toml allow
    python -m tests.tools.bump textual    # the newest version of one package that is pinned exactly, and what it needs

Toban depends on internals of the packages that are pinned exactly, so each of them is moved alone.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYPROJECT = ROOT / "pyproject.toml"
UV = ROOT / ".venv/bin/uv"
_PIN = re.compile(r'"([a-z0-9-]+)==([\w.]+)"')


def exact_pins(text: str) -> dict[str, str]:
    """The packages that a pyproject.toml pins to one version."""
    return dict(_PIN.findall(text))


def with_pin(text: str, package: str, version: str) -> str:
    """The pyproject.toml with another version of a package that it pins. Raises KeyError for one that it does not pin."""
    old = exact_pins(text)[package]
    return text.replace(f'"{package}=={old}"', f'"{package}=={version}"')


def newest(package: str) -> str:
    """The newest version of a package for the oldest Python that Toban supports."""
    command = [
        UV,
        "pip",
        "compile",
        "-",
        "--no-deps",
        "--no-header",
        "--no-annotate",
        "--no-emit-index-url",
        "-q",
    ]
    compiled = subprocess.run(
        [*command, "--python-version", "3.11"], input=package, capture_output=True, text=True, check=True
    )
    return compiled.stdout.strip().partition("==")[2]


def lock(upgrade: str) -> None:
    """Write the lock files anew. Raises CalledProcessError where the versions do not go together."""
    subprocess.run(["make", "-s", "lock", f"UPGRADE={upgrade}"], cwd=ROOT, check=True)


def bump(package: str) -> str:
    """Move one package that is pinned exactly; returns what became of it."""
    text = PYPROJECT.read_text("utf-8")
    old, new = exact_pins(text)[package], newest(package)
    if new == old:
        return f"{package} {old} is the newest version"
    PYPROJECT.write_text(with_pin(text, package, new), "utf-8")
    lock(f"--upgrade-package {package}")
    return f"{package} {old} → {new}"


@contextmanager
def unchanged_by_a_failure() -> Iterator[None]:
    """Puts pyproject.toml and the lock files back where the versions do not go together."""
    before = {
        path: path.read_bytes()
        for path in (PYPROJECT, *ROOT.glob("requirements*.lock"), *ROOT.glob("tests/tools/release/*.lock"))
    }
    try:
        yield
    except subprocess.CalledProcessError as error:
        for path, content in before.items():
            path.write_bytes(content)
        sys.exit(f"The versions do not go together (exit status {error.returncode}); nothing was changed.")


def main(packages: list[str]) -> None:
    """Move the named package, or all that are not pinned exactly."""
    pins = exact_pins(PYPROJECT.read_text("utf-8"))
    if len(packages) > 1 or not set(packages) <= set(pins):
        sys.exit(f"Name one of {', '.join(sorted(pins))}, or none for all others.")
    with unchanged_by_a_failure():
        if packages:
            print(bump(packages[0]))
        else:
            lock("--upgrade")


if __name__ == "__main__":
    main(sys.argv[1:])
