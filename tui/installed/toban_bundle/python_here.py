"""Whether this Python and this system can run what the bundle holds, and another Python that can."""

import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
from typing import Tuple

from .archive import Bundle
from .words import Refusal, translated

LEAST = (3, 11)
NEEDED = ("venv", "zlib", "_sqlite3", "_ssl", "_ctypes")
"""Modules of the standard library that a distribution or a build of one's own may leave out."""


def kind_of_this() -> str:
    system = {"Darwin": "macos"}.get(platform.system(), platform.system().lower())
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    return f"{sys.version_info[0]}.{sys.version_info[1]} {system}-{machine}"


def checked_python(bundle: Bundle) -> str:
    """The kind of this Python. Raises Refusal if the bundle has nothing for it; replaces this process by a newer Python."""
    kind = kind_of_this()
    if kind in bundle.pythons:
        _check_modules(bundle)
        _check_libc(bundle, kind)
        return kind
    if kind.split(" ")[1] in {each.split(" ")[1] for each in bundle.pythons}:
        path = _other_python(bundle)
        if path:
            os.execv(path, [path, bundle.path, *sys.argv[1:]])
        if sys.version_info < LEAST:
            text = translated("Toban {version} needs Python {least} or newer; this is {actual}.")
            least = "{}.{}".format(*LEAST)
            where = translated(
                "None was found on PATH. Install one (RHEL, Amazon Linux: dnf install python3.11; "
                "Debian, Ubuntu: apt install python3), or run: /path/to/python3.11 {bundle}"
            ).format(bundle=shlex.quote(bundle.path))
            actual = platform.python_version()
            raise Refusal(text.format(version=bundle.version, least=least, actual=actual) + "\n" + where)
    text = translated(
        "This bundle is for {held}; this is {actual}. Run it with one of these, or make a bundle for this one: make bundle"
    )
    raise Refusal(text.format(held=", ".join(bundle.pythons), actual=kind))


def _other_python(bundle: Bundle) -> str:
    """The path of the newest Python on PATH that the bundle has wheels for; "" without one."""
    versions = [tuple(map(int, kind.split(" ")[0].split("."))) for kind in bundle.pythons]
    for version in sorted(versions, reverse=True):
        path = shutil.which("python{}.{}".format(*version))
        # A name on PATH may be a shim that leads to no Python, or to another one.
        if path and _version_of(path) == version:
            return path
    return ""


def _version_of(python: str) -> Tuple[int, ...]:
    code = "import sys; print(*sys.version_info[:2])"
    try:
        process = subprocess.Popen(
            [python, "-I", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return tuple(map(int, process.communicate()[0].split()))
    except (OSError, ValueError):
        return ()


def _check_modules(bundle: Bundle) -> None:
    for module in NEEDED:
        if importlib.util.find_spec(module) is None:
            text = translated(
                "{python} lacks the module {module}. Install what is missing (Debian, Ubuntu: apt install python3-venv), "
                "or run: /path/to/python3 {bundle}"
            )
            raise Refusal(
                text.format(python=sys.executable, module=module.lstrip("_"), bundle=shlex.quote(bundle.path))
            )


def _check_libc(bundle: Bundle, kind: str) -> None:
    needed = bundle.glibc_needed(kind)
    actual = glibc_here()
    if needed > actual:
        text = translated("This bundle needs glibc {needed} or newer; this system has {actual}.")
        here = "{}.{}".format(*actual) if any(actual) else translated("another C library")
        raise Refusal(text.format(needed="{}.{}".format(*needed), actual=here))


def glibc_here() -> Tuple[int, int]:
    try:
        name, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        major, minor = version.split(".")[:2]
        return (int(major), int(minor)) if name == "glibc" else (0, 0)
    except (ValueError, OSError):
        return (0, 0)
