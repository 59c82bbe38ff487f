"""Commands and options come from click itself, variables from the configuration and the SDK."""

import os
import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as SDK_VARIABLES

from tests.services.journal.book import filled
from tui.cli.completion import VARIABLE as COMPLETION
from tui.cli.main import build
from tui.cli.printing import PrintedOutput
from tui.startup import config_reader

SPARSE = 3 << 30  # Bytes of a file that takes no room on the disk
TEXTS = (
    "", " ", "-", "--", "=", "é", "当番", "x" * 5000, "\x1b[31mred", "\u202e", "\udcff", "%s{0}", "a=b", "\n", "\t",
    "$(id)", "None", "true", "nan", "inf", "-inf", "-1", "0", "1", "1.5", "1e999", "９", "²", "0x10", "99999999999999",
)  # fmt: skip
TIMES = (
    "0001-01-01 00:00", "0001-01-01", "9999-12-31 23:59", "9999-12-31", "2026-02-30", "2026-01-05 17:00", "24:00",
    "2026-01-05T17:00+23:59", "9999-12-31T23:59-23:59", "0001-01-01T00:00+23:59", "99999999999d", "1e3h", "0m", "3d",
    "１６h", "1970-01-01", "2026-01", "0000-01", "9999-12", "FY0000", "FY9999", "FY2025", "令和0年度", "令和99999年度", "yesterday",
)  # fmt: skip
ADDRESSES = (
    "http://[::1", "http://", "https://:443", "ftp://localhost/", "localhost", "http://127.0.0.1:99999", "http://a b/",
    "http://127.0.0.1:9", "http://user:secret-pass@127.0.0.1:9/", "http://nowhere.invalid", "//x", "http://%zz/",
    "http://\x1b[2J/", "http://xn--/", "http://" + "a" * 300, "http://127.0.0.1:0", "http://[fe80::1%lo]:9/", "file:///etc/passwd",
)  # fmt: skip
NAMES = (
    "ordinary-day", "facility-prod", "en", "ja", "ap-northeast-1", "us-east-1", "../../x", "arn:aws:iam::123456789012:role/x",
    "arn:aws:iam::1:role", "task-limit", "backups", "staff-api", "10", "C", "C.UTF-8", "ja_JP.eucJP", "xterm-256color", "dumb",
)  # fmt: skip
ALSO = (
    "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "TMPDIR", "TZ", "LANG",
    "LC_ALL", "LC_MESSAGES", "LC_CTYPE", "TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES", "PATH", "USER", "LOGNAME",
    "SSH_CONNECTION", "SUDO_USER", "TMUX", "STY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "AWS_ACCESS_KEY_ID",
    "SSL_CERT_DIR", "SSLKEYLOGFILE", "REQUESTS_CA_BUNDLE", "BOTO_CONFIG", "AWS_CREDENTIAL_FILE",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_ENDPOINT_URL_CLOUDWATCH", COMPLETION,
)  # fmt: skip
STREAMS = ("file", "file", "file", "full", "closed", "gone")


@dataclass(frozen=True)
class Case:
    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    stdin: str = "null"
    stdout: str = "file"
    stderr: str = "file"

    def order(self, base: dict[str, str], cwd: Path, seconds: float) -> dict[str, Any]:
        streams = {"stdin": self.stdin, "stdout": self.stdout, "stderr": self.stderr}
        return {
            "argv": self.argv,
            "env": {**base, **self.env},
            "cwd": str(cwd),
            "seconds": seconds,
            **streams,
        }


def files(folder: Path) -> tuple[str, ...]:
    (folder / "folder").mkdir()
    (folder / "empty").touch()
    os.mkfifo(folder / "fifo")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "round").symlink_to("round")
    (folder / "binary.toml").write_bytes(bytes(range(256)) * 16)
    (folder / "deep.toml").write_text("a=" + "[" * 20_000)
    (folder / "odd.toml").write_text(
        'journal = "a\\u0000b"\nrunbook = "a\\u0000b.toml"\ndebug = "\\u0000"\nlang = "\\u0000"\n'
    )
    (folder / "text.toml").write_text("x = 1\n")
    with (folder / "huge.toml").open("wb") as file:
        file.truncate(SPARSE)
    filled(folder / "journal.db", 3)
    (folder / "good.toml").write_text(Path("services/runbook/facility-prod.toml").read_text("utf-8"), "utf-8")
    with socket.socket(socket.AF_UNIX) as bound:
        # An address is short, and the folder of a test need not be.
        before = os.open(".", os.O_RDONLY)
        os.chdir(folder)
        bound.bind("socket")
        os.fchdir(before)
        os.close(before)
    own = [str(path) for path in sorted(folder.iterdir())]
    system = [
        "/dev/zero",
        "/dev/full",
        "/dev/null",
        "/dev/tty",
        "/dev/stdin",
        "/proc/self/mem",
        "/proc/kmsg",
        "/",
        "~nobody-here/x",
    ]
    return (
        *own,
        *system,
        str(folder / "none" / "deeper"),
        str(folder / "new.txt"),
        str(folder / ("n" * 300)),
    )


def commands() -> list[tuple[tuple[str, ...], list[click.Parameter]]]:
    return list(_walk(build(PrintedOutput(outline_drawn=False)), ()))


def _walk(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], list[click.Parameter]]]:
    yield path, command.params
    if isinstance(command, click.Group):
        for name, part in command.commands.items():
            yield from _walk(part, (*path, name))


def variables() -> list[str]:
    ours = [each.variable for each in config_reader.settings() if each.variable]
    sdk = [
        name
        for _key, names, *_rest in SDK_VARIABLES.values()
        for name in ([names] if isinstance(names, str) else names or [])
    ]
    return sorted({*ours, *config_reader.OTHER_VARIABLES, *sdk, *ALSO})


def extremes(folder: Path) -> list[Case]:
    values = {
        ("FILE",): [str(folder / ("n" * 300))],
        ("TIME", "DAY", "DATE", "MONTH"): ["0001-01-01", "0001-01-02 00:00", "9999-12-31", "9999-12"],
    }
    return [
        Case((*path, *([] if isinstance(each, click.Argument) else each.opts[:1]), value))
        for path, params in commands()
        for each in params
        for names, pool in values.items()
        if any(name in (each.metavar or "") for name in names)
        for value in pool
    ]


class Fuzz:
    def __init__(self, seed: int, paths: tuple[str, ...]) -> None:
        self._rng = random.Random(seed)
        self._pool = (*TEXTS, *TIMES, *ADDRESSES, *NAMES, *paths)
        self._paths = paths
        self._commands = commands()
        self._variables = variables()

    def cases(self, count: int) -> list[Case]:
        options = [(path, params, one) for path, params in self._commands for one in params]
        self._rng.shuffle(options)
        self._rng.shuffle(self._variables)
        drawn = []
        for number in range(count):
            if number % 3:
                path, params, one = options[number % len(options)]
                drawn.append(self._options(path, params, one))
            else:
                drawn.append(self._environment(self._variables[number // 3 % len(self._variables)]))
        return drawn

    def _options(self, path: tuple[str, ...], params: list[click.Parameter], one: click.Parameter) -> Case:
        others = self._rng.sample(params, self._rng.choice((0, 0, 1, 1, 2)) if len(params) > 2 else 0)
        words = [word for each in dict.fromkeys((one, *others)) for word in self._words(each)]
        return Case(
            (*path, *words, *self._missing(params, words)),
            stdin=self._rng.choice(("null", "closed")),
            **self._streams(),
        )

    def _missing(self, params: list[click.Parameter], words: list[str]) -> list[str]:
        """Arguments that a command needs, so that more than "is missing" is tried."""
        needed = [each for each in params if isinstance(each, click.Argument) and each.required]
        return [self._value(each) for each in needed if not words or self._rng.random() < 0.7]

    def _words(self, parameter: click.Parameter) -> list[str]:
        if isinstance(parameter, click.Argument):
            return [self._value(parameter)]
        flag = self._rng.choice(parameter.opts)
        if isinstance(parameter, click.Option) and parameter.is_flag:
            return [flag]
        return [flag, self._value(parameter)]

    def _value(self, parameter: click.Parameter) -> str:
        if isinstance(parameter.type, click.Choice) and self._rng.random() < 0.6:
            return self._rng.choice([str(each) for each in parameter.type.choices])
        for words, pool in (
            (("FILE", "NAME"), self._paths),
            (("TIME", "DAY", "DATE", "MONTH"), TIMES),
            (("URL",), ADDRESSES),
        ):
            if any(word in (parameter.metavar or "") for word in words) and self._rng.random() < 0.7:
                return self._rng.choice(pool)
        return self._rng.choice(self._pool)

    def _environment(self, name: str) -> Case:
        path, _params = self._rng.choice(self._commands)
        return Case(path, {name: self._rng.choice(self._pool).replace("\0", "")}, **self._streams())

    def _streams(self) -> dict[str, Any]:
        return {"stdout": self._rng.choice(STREAMS), "stderr": self._rng.choice(STREAMS[:4])}
