"""Installs Toban from the bundle that holds this file, without a network: `python3 toban-VERSION-….pyz`.

A bundle holds this package (tests/tools/release/bundle.py), so it uses the standard library alone, and its syntax is that of
Python 3.6: an older Python than Toban needs must be able to say so.
"""

import argparse
import io
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from typing import List, Optional, Sequence

from . import folders
from .archive import LOCK, Bundle
from .manual import link_pages
from .owners import closed_folder
from .python_here import checked_python
from .words import Refusal, translated

ENOUGH = 6
"""Lines of pip's output that are shown when it fails."""


def install(bundle: Bundle, kind: str, folder: str) -> str:
    """Install into `folder`; the command's path. Raises Refusal, and leaves nothing then."""
    print(translated("installing into {folder}").format(folder=folder), flush=True)
    with folders.claimed(folder) as mark:
        wheelhouse = os.path.join(folder, "wheelhouse")
        os.mkdir(wheelhouse)
        _fill(bundle, kind, folder, wheelhouse, mark)
        shutil.rmtree(wheelhouse)
        folders.write_mark(mark, {"version": bundle.version, "kind": kind, "complete": True})
    return folders.command_in(folder)


def _fill(bundle: Bundle, kind: str, folder: str, wheelhouse: str, mark: int) -> None:
    paths = {name: os.path.join(wheelhouse, name.split("/")[-1]) for name in [*bundle.wheels(kind), LOCK]}
    for name, path in paths.items():
        with open(path, "wb") as file:
            file.write(bundle.archive.read(name))

    def run(*command: str) -> None:
        output = _run(list(command), wheelhouse, mark)
        if output is not None:
            last = "\n".join(output.strip().splitlines()[-ENOUGH:])
            raise Refusal(translated("Installing failed; nothing was changed:") + "\n" + last)

    # Without pip: Debian's python3 has no ensurepip. The locked pip installs itself.
    run(sys.executable, "-I", "-m", "venv", "--without-pip", folder)
    python = os.path.join(folder, "bin", "python")
    pip = next(path for path in paths.values() if os.path.basename(path).startswith("pip-"))
    own = next(path for path in paths.values() if os.path.basename(path).startswith("toban-"))
    offline = ["--no-index", "--no-cache-dir", "--disable-pip-version-check", "--quiet", "--no-compile"]
    locked = ["-f", wheelhouse, "--require-hashes", "--only-binary", ":all:", "-r", paths[LOCK]]
    run(python, "-I", os.path.join(pip, "pip"), "install", *offline, *locked)
    run(python, "-I", "-m", "pip", "install", *offline, "--no-deps", own)
    # On all processors, which pip does not. Without bytecode Toban starts more slowly and is otherwise the same.
    _run([python, "-I", "-m", "compileall", "-q", "-j", "0", os.path.join(folder, "lib")], wheelhouse, mark)


def _run(command: List[str], scratch: str, mark: int) -> Optional[str]:
    # Nothing of the caller's environment may send pip elsewhere, and a small or closed /tmp does not matter.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"))
    }
    environment.update(PIP_CONFIG_FILE=os.devnull, TMPDIR=scratch)
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, pass_fds=(mark,)
    )
    try:
        output = process.communicate()[0].decode("utf-8", "replace")
    except BaseException:
        process.kill()
        process.wait()
        raise
    return output if process.returncode else None


def bring(bundle: Bundle, kind: str, chosen: argparse.Namespace) -> None:
    """Have the version installed and the link lead to it, and print what was done. Raises Refusal."""
    began = time.monotonic()
    folder = os.path.join(os.path.abspath(chosen.to), bundle.version)
    link = os.path.join(os.path.abspath(chosen.bin), "toban")
    earlier = folders.whole_folders(folder)
    folders.check_link(link)
    if not earlier or chosen.again:
        before = folders.linked_folder(link)
        folders.make_link(install(bundle, kind, folders.folder_for(folder, link)), link)
        seconds = int(time.monotonic() - began)
        text = translated("Toban {version} is installed ({seconds} s).")
        print(text.format(version=bundle.version, seconds=seconds))
        if before in earlier:
            text = translated(
                "The earlier copy stays in {folder}. Once no console runs from it: rm -r {folder}"
            )
            print(text.format(folder=shlex.quote(before)))
    elif folders.linked_folder(link) in earlier:
        text = translated("Toban {version} is installed already: {command}. To install it again: --again")
        print(text.format(version=bundle.version, command=link))
    else:
        folders.make_link(folders.command_in(earlier[0]), link)
        text = translated("Toban {version} was installed already; {link} leads to it now.")
        print(text.format(version=bundle.version, link=link))
    link_pages(folders.linked_folder(link), link)
    if os.getuid() == 0:
        say_who_cannot_run(folders.linked_folder(link), link)
    say_next(link)


def say_who_cannot_run(folder: str, link: str) -> None:
    for path in (link, folders.command_in(folder), os.path.join(folder, "bin", "python")):
        closed = closed_folder(path)
        if closed:
            text = translated(
                "Other users cannot run it: they may not enter {folder}. For them, install it elsewhere (--to, --bin), or "
                "with a Python that all may run, such as /usr/bin/python3."
            )
            print(text.format(folder=closed))
            return


def say_next(link: str) -> None:
    other = shutil.which("toban")
    name = "toban" if other == link else shlex.quote(link)
    folder = os.path.dirname(link)
    print(translated("Next:  {command} demo      a made-up AWS, to try it out").format(command=name))
    text = translated("       {command} doctor    this machine, its credentials, its permissions")
    print(text.format(command=name))
    if folder not in os.environ.get("PATH", "").split(os.pathsep):
        text = translated("{folder} is not in PATH; add it: export PATH={quoted}:$PATH")
        print(text.format(folder=folder, quoted=shlex.quote(folder)))
    elif other and other != link:
        print(translated("{path} comes before it in PATH and stays another `toban`.").format(path=other))


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command line. Raises Refusal if there is no home folder for what was left out."""
    to, bin_folder = folders.default_folders()
    parser = argparse.ArgumentParser(
        prog=os.path.basename(sys.argv[0]),
        description=translated("Installs Toban from this file, without a network."),
    )
    help_of_to = translated("folder to install into; each version has its own folder in it")
    help_of_check = translated("only check that the bundle is whole")
    help_of_bin = translated("folder for the command `toban`")
    parser.add_argument("--to", default=to, metavar="DIR", help=help_of_to)
    parser.add_argument("--bin", default=bin_folder, metavar="DIR", help=help_of_bin)
    parser.add_argument("--check", action="store_true", help=help_of_check)
    parser.add_argument("--again", action="store_true", help=translated("install the same version again"))
    chosen = parser.parse_args(arguments)
    if not chosen.check and "~" in (chosen.to[:1], chosen.bin[:1]):
        raise Refusal(translated("No home folder is known; name the folders with --to and --bin."))
    return chosen


def run() -> None:
    """Check or install, as the command line says. Raises Refusal."""
    bundle = Bundle(os.path.abspath(sys.argv[0]))
    chosen = options(sys.argv[1:])
    if chosen.check:
        count = bundle.check_all()
        print(translated("whole: {count} files are as they were packed").format(count=count))
        # Whoever replaces a bundle replaces these words, too.
        text = translated("This shows damage, not who packed it; compare: sha256sum {bundle}")
        print(text.format(bundle=shlex.quote(bundle.path)))
        return
    kind = checked_python(bundle)
    names = [*bundle.wheels(kind), LOCK]
    print(translated("checking {count} files").format(count=len(names)), flush=True)
    bundle.check(names)
    try:
        bring(bundle, kind, chosen)
    except OSError as error:
        text = translated(
            "The folder {folder} cannot be written ({why}); choose another with --to and --bin."
        )
        raise Refusal(text.format(folder=error.filename or chosen.to, why=error.strerror)) from error


def main() -> int:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        encoding = stream.encoding
        # A path may hold letters that the terminal's encoding does not.
        setattr(sys, name, io.TextIOWrapper(stream.detach(), encoding, "replace", line_buffering=True))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    # All users can run what root installs, and no other user can write into anything installed.
    os.umask(0o022 if os.getuid() == 0 else os.umask(0o022) | 0o022)
    try:
        run()
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            translated("Interrupted. What was installed before still works; run this again."), file=sys.stderr
        )
        return 130
    return 0


def _interrupted(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
