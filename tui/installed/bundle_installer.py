"""Installs Toban from the bundle that holds this file, without a network: `python3 toban-VERSION-….pyz`.

It becomes the bundle's `__main__.py` (tests/tools/release/bundle.py), so it uses the standard library alone, and its syntax
is that of Python 3.6: an older Python than Toban needs must be able to say so. It is long because it must be one file.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from typing import Dict, Iterable, List, Mapping, Sequence, Tuple

LEAST = (3, 11)
ENOUGH = 6
"""Lines of pip's output that are shown when it fails."""
MAN_PAGES = ("share/man/man1/toban.1", "share/man/ja/man1/toban.1")
JAPANESE = {
    "Installs Toban from this file, without a network.": "ネットワークを使わず、このファイルから Toban を導入します。",
    "folder to install into": "導入先のフォルダー",
    "folder for the command `toban`": "コマンド `toban` を置くフォルダー",
    "only check that the bundle is whole": "ファイルが壊れていないかだけを調べる",
    "Install over the same version.": "同じ版でも入れ直す",
    "Toban {version} needs Python {least} or newer; this is {actual}.": "Toban {version} には Python {least} 以上が必要です（実行中は {actual}）。",
    "None was found on PATH. Install one (RHEL, Amazon Linux: dnf install python3.11; Debian, Ubuntu: apt install python3), or run: /path/to/python3.11 {bundle}": "PATH に見つかりません。導入する（RHEL・Amazon Linux: dnf install python3.11、Debian・Ubuntu: apt install python3）か、次を実行してください: /path/to/python3.11 {bundle}",
    "This bundle holds Toban for {held}; this is {actual}. Make one here's kind: make bundle.": "このファイルは {held} 用です（この環境は {actual}）。この環境用のファイルを作ってください: make bundle",
    "Toban runs on Linux and macOS. On Windows, use WSL.": "Toban は Linux と macOS で動きます。Windows では WSL を使ってください。",
    "The bundle is damaged: {name} is not the file that was packed. Copy it again, and compare: sha256sum {bundle}": "ファイルが壊れています: {name} が作成時と違います。コピーし直し、sha256sum {bundle} を比べてください。",
    "checking {count} files": "{count} ファイルを確認中",
    "whole: {count} files are as they were packed": "{count} ファイルすべて作成時のとおりです",
    "installing into {folder}": "{folder} に導入中",
    "{folder} is there already and was not installed by a bundle; choose another folder with --to.": "{folder} はすでにあり、このファイルで導入したものではありません。--to で別のフォルダーを指定してください。",
    "Toban {version} is installed already: {command}. To install it again: --again": "Toban {version} は導入済みです: {command}。入れ直すには --again を付けてください。",
    "{link} is there already and was not made by a bundle; choose another folder with --bin.": "{link} はすでにあり、このファイルで作ったものではありません。--bin で別のフォルダーを指定してください。",
    "The folder {folder} cannot be written ({why}); choose another with --to and --bin.": "フォルダー {folder} に書き込めません（{why}）。--to と --bin で別の場所を指定してください。",
    "Installing failed; nothing was changed:": "導入に失敗しました。何も変わっていません:",
    "Toban {version} is installed ({seconds} s).": "Toban {version} を導入しました（{seconds} 秒）。",
    "Next:  {command} demo      a made-up AWS, to try it out": "次に:  {command} demo      作り物の AWS で試す",
    "       {command} doctor    this machine, its credentials, its permissions": "       {command} doctor    この環境・認証情報・権限を調べる",
    "{folder} is not in PATH; add it: export PATH={folder}:$PATH": "{folder} は PATH にありません。加えるには: export PATH={folder}:$PATH",
    "{path} comes before it in PATH and stays another `toban`.": "PATH では {path} が先にあり、そちらの `toban` が動きます。",
}


def is_japanese(environment: Mapping[str, str]) -> bool:
    """Whether the locale is Japanese; the console itself asks further sources."""
    for name in ("TOBAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return environment[name].startswith("ja")
    return False


def translated(text: str) -> str:
    """The text in the language of the locale."""
    return JAPANESE.get(text, text) if is_japanese(os.environ) else text


class Refusal(Exception):
    """Why nothing was installed, in words."""


class Bundle:
    """The file that holds this installer: `bundle.json`, `requirements.lock`, and wheels by Python's version and platform."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.archive = zipfile.ZipFile(path)
        facts = json.loads(self.archive.read("bundle.json").decode("utf-8"))
        self.version: str = facts["version"]
        self.pythons: List[str] = facts["pythons"]
        """Each with its platform: `3.11 linux-x86_64`."""
        self.hashes: Dict[str, str] = facts["sha256"]
        """SHA-256 in hex by the name in the archive."""

    def wheels(self, kind: str) -> List[str]:
        """Names in the archive of what `kind` (`3.11 linux-x86_64`) installs."""
        return [name for name in sorted(self.hashes) if name.split("/")[0] in ("any", kind.replace(" ", "-"))]

    def check(self, names: Iterable[str]) -> None:
        """Raise Refusal for the first file that is not what was packed."""
        for name in names:
            try:
                content = self.archive.read(name)
            except (zipfile.BadZipFile, KeyError, OSError, EOFError):
                content = b""
            if hashlib.sha256(content).hexdigest() != self.hashes[name]:
                text = translated(
                    "The bundle is damaged: {name} is not the file that was packed. Copy it again, and compare: sha256sum {bundle}"
                )
                raise Refusal(text.format(name=name, bundle=self.path))


def kind_of_this() -> str:
    """Python's version and the platform, as in `Bundle.pythons`."""
    system = {"Darwin": "macos"}.get(platform.system(), platform.system().lower())
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    return f"{sys.version_info[0]}.{sys.version_info[1]} {system}-{machine}"


def newer_python(bundle: Bundle) -> str:
    """The path of a Python on PATH that the bundle has wheels for; "" without one."""
    for kind in sorted(bundle.pythons, reverse=True):
        path = shutil.which("python" + kind.split(" ")[0])
        if path:
            return path
    return ""


def checked_python(bundle: Bundle) -> str:
    """The kind of this Python. Raises Refusal if the bundle has nothing for it; replaces this process by a newer Python."""
    kind = kind_of_this()
    if os.name != "posix":
        raise Refusal(translated("Toban runs on Linux and macOS. On Windows, use WSL."))
    if kind in bundle.pythons:
        return kind
    if kind.split(" ")[1] in {each.split(" ")[1] for each in bundle.pythons}:
        path = newer_python(bundle)
        if path and os.path.realpath(path) != os.path.realpath(sys.executable):
            os.execv(path, [path, bundle.path, *sys.argv[1:]])
        if sys.version_info < LEAST:
            text = translated("Toban {version} needs Python {least} or newer; this is {actual}.")
            least = "{}.{}".format(*LEAST)
            where = translated(
                "None was found on PATH. Install one (RHEL, Amazon Linux: dnf install python3.11; "
                "Debian, Ubuntu: apt install python3), or run: /path/to/python3.11 {bundle}"
            ).format(bundle=bundle.path)
            actual = platform.python_version()
            raise Refusal(text.format(version=bundle.version, least=least, actual=actual) + "\n" + where)
    text = translated(
        "This bundle holds Toban for {held}; this is {actual}. Make one here's kind: make bundle."
    )
    raise Refusal(text.format(held=", ".join(bundle.pythons), actual=kind))


def default_folders() -> Tuple[str, str]:
    """Where to install and where the command goes: for all users if root installs it."""
    if os.getuid() == 0:
        return "/opt/toban", "/usr/local/bin"
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(data, "toban", "versions"), os.path.join(os.path.expanduser("~"), ".local", "bin")


def install(bundle: Bundle, kind: str, folder: str, *, again: bool) -> str:
    """Install into `folder`; the command's path. Raises Refusal."""
    command = os.path.join(folder, "bin", "toban")
    mark = os.path.join(folder, "toban-bundle.json")
    if os.path.exists(folder) and os.listdir(folder):
        if not os.path.exists(mark):
            text = translated(
                "{folder} is there already and was not installed by a bundle; choose another folder with --to."
            )
            raise Refusal(text.format(folder=folder))
        if os.path.exists(command) and not again:
            text = translated("Toban {version} is installed already: {command}. To install it again: --again")
            raise Refusal(text.format(version=bundle.version, command=command))
        shutil.rmtree(folder)
    print(translated("installing into {folder}").format(folder=folder), flush=True)
    os.makedirs(folder, exist_ok=True)
    with open(mark, "w", encoding="utf-8") as file:
        json.dump({"version": bundle.version, "kind": kind}, file)
    try:
        with tempfile.TemporaryDirectory(prefix="toban-") as wheelhouse:
            _fill(bundle, kind, folder, wheelhouse)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return command


def _fill(bundle: Bundle, kind: str, folder: str, wheelhouse: str) -> None:
    paths = []
    for name in bundle.wheels(kind):
        path = os.path.join(wheelhouse, name.split("/")[-1])
        with open(path, "wb") as file:
            file.write(bundle.archive.read(name))
        paths.append(path)
    lock = os.path.join(wheelhouse, "requirements.lock")
    with open(lock, "wb") as file:
        file.write(bundle.archive.read("requirements.lock"))
    # Without pip: Debian's python3 has no ensurepip. The locked pip installs itself.
    _run([sys.executable, "-m", "venv", "--without-pip", folder])
    python = os.path.join(folder, "bin", "python")
    pip = next(path for path in paths if os.path.basename(path).startswith("pip-"))
    own = next(path for path in paths if os.path.basename(path).startswith("toban-"))
    offline = ["--no-index", "--no-cache-dir", "--disable-pip-version-check", "--quiet"]
    locked = ["--find-links", wheelhouse, "--require-hashes", "--only-binary", ":all:", "-r", lock]
    _run([python, os.path.join(pip, "pip"), "install", *offline, *locked])
    _run([python, "-m", "pip", "install", *offline, "--no-deps", own])


def _run(command: List[str]) -> None:
    # Nothing of the caller's environment may send pip elsewhere.
    foreign = ("PIP_", "PYTHON", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment["PIP_CONFIG_FILE"] = os.devnull
    done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    output = done.communicate()[0].decode("utf-8", "replace")
    if done.returncode:
        last = "\n".join(output.strip().splitlines()[-ENOUGH:])
        raise Refusal(translated("Installing failed; nothing was changed:") + "\n" + last)


def link(command: str, folder: str) -> str:
    """Make the command `toban` in `folder` lead to the one installed. Raises Refusal if another program is there."""
    path = os.path.join(folder, "toban")
    if os.path.lexists(path) and not _is_own(path, "bin/toban"):
        text = translated(
            "{link} is there already and was not made by a bundle; choose another folder with --bin."
        )
        raise Refusal(text.format(link=path))
    _point(path, command)
    return path


def link_manual(folder: str, bin_folder: str) -> None:
    """Link the man pages to where `man` looks for them, `share/man` beside a folder `bin`; another program's stay."""
    for page in MAN_PAGES if os.path.basename(bin_folder) == "bin" else ():
        path = os.path.join(os.path.dirname(bin_folder), page)
        if _is_own(path, page) or not os.path.exists(path):
            with suppress(OSError):
                _point(path, os.path.join(folder, page))


def _is_own(path: str, inner: str) -> bool:
    root = os.path.realpath(path)[: -len(inner)]
    return os.path.islink(path) and os.path.exists(os.path.join(root, "toban-bundle.json"))


def _point(path: str, target: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    new = path + ".new"
    if os.path.lexists(new):
        os.unlink(new)
    os.symlink(target, new)
    os.replace(new, path)


def say_next(bundle: Bundle, link_path: str, seconds: int) -> None:
    """Print what to do next."""
    print(
        translated("Toban {version} is installed ({seconds} s).").format(
            version=bundle.version, seconds=seconds
        )
    )
    other = shutil.which("toban")
    name = "toban" if other == link_path else link_path
    folder = os.path.dirname(link_path)
    print(translated("Next:  {command} demo      a made-up AWS, to try it out").format(command=name))
    print(
        translated("       {command} doctor    this machine, its credentials, its permissions").format(
            command=name
        )
    )
    if folder not in os.environ.get("PATH", "").split(os.pathsep):
        print(translated("{folder} is not in PATH; add it: export PATH={folder}:$PATH").format(folder=folder))
    elif other and other != link_path:
        print(translated("{path} comes before it in PATH and stays another `toban`.").format(path=other))


def options(arguments: Sequence[str], version: str) -> argparse.Namespace:
    """The options of the command line."""
    to, bin_folder = default_folders()
    parser = argparse.ArgumentParser(
        prog=os.path.basename(sys.argv[0]),
        description=translated("Installs Toban from this file, without a network."),
    )
    parser.add_argument(
        "--to", default=os.path.join(to, version), metavar="DIR", help=translated("folder to install into")
    )
    parser.add_argument(
        "--bin", default=bin_folder, metavar="DIR", help=translated("folder for the command `toban`")
    )
    parser.add_argument(
        "--check", action="store_true", help=translated("only check that the bundle is whole")
    )
    parser.add_argument("--again", action="store_true", help=translated("Install over the same version."))
    return parser.parse_args(arguments)


def main() -> int:
    """Install, or say why not; the exit status is 1 then."""
    began = time.time()
    try:
        bundle = Bundle(os.path.abspath(sys.argv[0]))
        chosen = options(sys.argv[1:], bundle.version)
        if chosen.check:
            bundle.check(sorted(bundle.hashes))
            print(translated("whole: {count} files are as they were packed").format(count=len(bundle.hashes)))
            return 0
        kind = checked_python(bundle)
        names = [*bundle.wheels(kind), "requirements.lock"]
        print(translated("checking {count} files").format(count=len(names)), flush=True)
        bundle.check(names)
        folder, bin_folder = os.path.abspath(chosen.to), os.path.abspath(chosen.bin)
        try:
            command = link(install(bundle, kind, folder, again=chosen.again), bin_folder)
            link_manual(folder, bin_folder)
        except OSError as error:
            text = translated(
                "The folder {folder} cannot be written ({why}); choose another with --to and --bin."
            )
            raise Refusal(text.format(folder=error.filename or folder, why=error.strerror)) from error
        say_next(bundle, command, int(time.time() - began))
        return 0
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
