"""Every documented name; `tests/tui/test_documented_names.py` has the same ones in-process."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.installed.installation import install
from tests.tools.config_file import write
from tests.tools.documented import names, trials
from tests.tools.documented.texts import documents, help_commands, help_segments
from tests.tools.recording_server import recording, refused
from tests.tui.pty_console import PtyConsole

SEGMENTS = [each for part in documents().values() for each in part]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("installed")]
SECRET = "canary-of-the-variables"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIACANARYCANARY1234", "AWS_SECRET_ACCESS_KEY": "test"}
PROFILE = "[profile canary]\naws_access_key_id = AKIACANARYCANARY1234\naws_secret_access_key = test\n"
ROLE = {
    "AWS_WEB_IDENTITY_TOKEN_FILE": "{file:token}",
    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/Canary",
    "AWS_ROLE_SESSION_NAME": "session-canary",
}
CONTAINER = {
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "{server}/of-container",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": SECRET,
}
FOREIGN = "http://aws.invalid"
DEAD = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Shown:
    value: str
    text: str
    """Stands in what the program prints or sends with the variable, and not without it."""
    argv: tuple[str, ...] = ("alarms",)
    beside: Mapping[str, str] = field(default_factory=dict)
    """Other variables of both starts; by default `AWS_ENDPOINT_URL` names the recording server."""
    hides: bool = False


CONFIG, HELP, DOCTOR = ("config",), ("--help",), ("doctor", "--no-aws")
OF_SERVICE = Shown(
    "{server}", "DescribeAlarms", beside=KEYS | {"AWS_ENDPOINT_URL": DEAD, "AWS_MAX_ATTEMPTS": "1"}
)
UNFIT = Shown("/dev/zero", "/dev/zero", beside=KEYS)
SHOWN: Mapping[str, Shown] = {
    "AWS_ACCESS_KEY_ID": Shown(KEYS["AWS_ACCESS_KEY_ID"], "AKIACANARY", beside=KEYS),
    "AWS_SECRET_ACCESS_KEY": Shown("test", "Credential=AKIACANARY", beside=KEYS),
    "AWS_SESSION_TOKEN": Shown(SECRET, SECRET, beside=KEYS),
    "AWS_CREDENTIAL_EXPIRATION": Shown("2026-01-05", "AWS_CREDENTIAL_EXPIRATION", beside=KEYS | {"AWS_SESSION_TOKEN": "x"}),
    "AWS_PROFILE": Shown("nobody-canary", "nobody-canary"),
    "AWS_CONFIG_FILE": Shown("{file:config}", "AKIACANARY", beside={"AWS_PROFILE": "canary"}),
    "AWS_SHARED_CREDENTIALS_FILE": Shown("{file:credentials}", "AKIACANARY", beside={"AWS_PROFILE": "canary"}),
    "AWS_ENDPOINT_URL": Shown("{server}", "DescribeAlarms", beside=KEYS | {"AWS_ENDPOINT_URL_CLOUDWATCH": ""}),
    "AWS_ENDPOINT_URL_CLOUDWATCH": OF_SERVICE,
    "AWS_ENDPOINT_URL_S3": Shown("{server}", "/canary-journals", ("doctor",), KEYS | {"AWS_ENDPOINT_URL": DEAD, "TOBAN_JOURNAL": "s3://canary-journals/toban?region=ap-northeast-1"}),
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": Shown("true", "CONNECT ", beside=KEYS | {"HTTPS_PROXY": "{server}", "AWS_ENDPOINT_URL": DEAD}),
    **{name: Shown(value, {"AWS_WEB_IDENTITY_TOKEN_FILE": SECRET, "AWS_ROLE_ARN": "role%2FCanary"}.get(name, value), beside=ROLE) for name, value in ROLE.items()},
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": Shown("{server}/of-container", "/of-container", beside=CONTAINER),
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": Shown("/of-container", "container-role", beside={"AWS_ENDPOINT_URL": DEAD}),
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": Shown(SECRET, SECRET, beside=CONTAINER),
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": Shown("{file:token}", SECRET, beside={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{server}/of-container"}),
    "AWS_EC2_METADATA_DISABLED": Shown("true", "/latest/api/token", beside={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "{server}"}, hides=True),
    "AWS_CA_BUNDLE": UNFIT,
    "REQUESTS_CA_BUNDLE": UNFIT,
    "SSL_CERT_FILE": UNFIT,
    "SSL_CERT_DIR": Shown("{folder}", "SSL_CERT_DIR", beside=KEYS),
    "HTTP_PROXY": Shown("{server}", f"POST {FOREIGN}", beside=KEYS | {"AWS_ENDPOINT_URL": FOREIGN}),
    "HTTPS_PROXY": Shown("{server}", "CONNECT aws.invalid", beside=KEYS | {"AWS_ENDPOINT_URL": "https://aws.invalid"}),
    "NO_PROXY": Shown("aws.invalid", f"POST {FOREIGN}", beside=KEYS | {"AWS_ENDPOINT_URL": FOREIGN, "HTTP_PROXY": "{server}"}, hides=True),
    **{name: Shown("ja_JP.UTF-8", "使い方", HELP, {"LANG": "en_US.UTF-8"}) for name in ("LC_ALL", "LC_MESSAGES")},
    "LANG": Shown("en_US.UTF-8", "Usage", HELP),
    "SHELL": Shown("/bin/fish", "fish_complete", ("completion",)),
    "TERM": Shown("canary-terminal", "TERM=canary-terminal", DOCTOR),
    "COLORTERM": Shown("truecolor", "16,777", DOCTOR),
    "NO_COLOR": Shown("1", "16,777", DOCTOR, {"COLORTERM": "truecolor"}, hides=True),
    "XDG_CONFIG_HOME": Shown("{folder}", "{folder}/toban/config.toml", CONFIG),
    "XDG_STATE_HOME": Shown("{folder}", "{folder}/toban/journals", CONFIG),
    "XDG_CACHE_HOME": Shown("{folder}", "{folder}/toban", ("duties", "--runbook", "city.toml")),
    "PGPASSWORD": Shown(SECRET, SECRET, ("journal", "verify"), {"TOBAN_JOURNAL": "postgresql://toban@{address}/journals?sslmode=disable"}),
}  # fmt: skip
PLACEHOLDERS = {"AWS_ENDPOINT_URL_SERVICE": "AWS_ENDPOINT_URL_CLOUDWATCH"}
OTHERS = {each for each in names.variables(SEGMENTS) if not each.startswith("TOBAN_")}
OURS = sorted(names.variables(SEGMENTS) - OTHERS)


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    return install(tmp_path_factory.mktemp("installed"))


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("TERM", "COLORTERM", "SHELL", "LANG"):
        monkeypatch.delenv(name, raising=False)


def test_every_other_variable_has_a_trial():
    assert {PLACEHOLDERS.get(name, name) for name in OTHERS} == SHOWN.keys()


def postgresql(part):
    return b"N" if len(part) == 8 else b"R\0\0\0\x08\0\0\0\x03"


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_variable_of_others_is_read(name, installation, tmp_path):
    shown = SHOWN[name]
    for file, text in (
        ("token", SECRET),
        ("config", PROFILE),
        ("credentials", PROFILE.replace("profile ", "")),
    ):
        write(tmp_path / file, text)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "0a0b0c0d.0").symlink_to("/dev/zero")
    write(installation.work / "city.toml", trials.FACILITY)

    def outcome(more):
        with recording(answer=postgresql if name == "PGPASSWORD" else refused) as server:
            fill = filled(server, tmp_path)
            beside = {
                "AWS_ENDPOINT_URL": "{server}",
                "AWS_EC2_METADATA_DISABLED": "true",
                "LANG": "en_US.UTF-8",
            }
            beside |= shown.beside
            if name in ("AWS_EC2_METADATA_DISABLED", "LANG", "AWS_ENDPOINT_URL"):
                del beside[name]
            beside = {key: value for key, value in beside.items() if key != name or more}
            env = {key: fill(value) for key, value in (beside | more).items()}
            output = printed(installation, shown.argv, env, tmp_path / ("with" if more else "without"))
            left = [str(path) for path in folder.rglob("*")]
            return "\n".join([output, *(each.decode("latin-1") for each in server.received()), *left])

    text = shown.text.replace("{folder}", str(folder))
    without, given = outcome({}), outcome({name: shown.value})
    assert (text in without, text in given) == (shown.hides, not shown.hides), f"{without}\n==\n{given}"


def filled(server, files):
    def fill(value):
        for place, text in (
            ("{server}", server.url),
            ("{address}", server.address),
            ("{folder}", str(files / "folder")),
        ):
            value = value.replace(place, text)
        return value.replace("{file:", f"{files}/").replace("}", "")

    return fill


def printed(installation, argv, env, home):
    home.mkdir()
    env = {"HOME": str(home), **env}
    if argv != DOCTOR:
        answer = installation.run(*argv, env=env)
        return answer.stdout + answer.stderr
    more = {"COLORTERM": None, "TERM": "xterm-256color", "PYTHONPATH": str(installation.work), **env}
    command = [installation.command, *argv]
    with PtyConsole(command, size=(50, 160), env=more, cwd=installation.work) as console:
        console.wait_exit()
        return console.raw.decode()


def test_every_variable_of_ours_is_known(installation, tmp_path):
    env = {"HOME": str(tmp_path), "LANG": "en_US.UTF-8"}
    usual = installation.run("config", env=env)
    for name in OURS:
        answer = installation.run("config", env={**env, name: str(tmp_path / "none")})
        assert "unknown variable" not in answer.stderr
        assert answer.stdout != usual.stdout
        assert answer.returncode == 0 or (answer.returncode == 78 and name in answer.stderr), answer.stderr


def options(installation, *command):
    answer = installation.run(*command, "--help")
    assert answer.returncode == 0, answer.stderr
    yield from names.flags(help_segments(command, answer.stdout))
    for name in help_commands(answer.stdout):
        yield from options(installation, *command, name)


def test_every_command_takes_every_option_that_is_shown(installation):
    shown = {trials.tried_as(flag) for flag in names.flags(SEGMENTS) if flag.command} | {
        *options(installation)
    }
    shown = {flag for flag in shown if flag.command[:1] != ("change",) or not flag.command[1:]}
    for command in sorted({flag.command for flag in shown}):
        argv = [word for flag in sorted(shown) if flag.command == command for word in (flag.name, "x")]
        answer = installation.run(*command, *argv, "--help")
        assert answer.returncode == 0, (command, answer.stderr)
    print(len(shown), "options")


def test_every_key_is_judged(installation, tmp_path):
    keys = {key for key in names.keys(SEGMENTS) if key.name}
    file = tmp_path / "wrong.toml"
    write(file, names.wrong_values(keys))
    judged = set[names.Key]()
    for argv in (("runbook", "check", str(file)), ("--config", str(file), "config")):
        answer = installation.run(*argv, env={"LANG": "en_US.UTF-8"})
        judged |= names.answered_for(keys, answer.stdout + answer.stderr)
    tables = {".".join(key.table.split(".")[:end]) for key in keys for end in (1, 2)}
    assert sorted(key for key in keys - judged if f"{key.table}.{key.name}".strip(".") not in tables) == []
