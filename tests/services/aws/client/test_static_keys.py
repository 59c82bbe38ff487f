"""Access keys are found without the SDK where it would find the same, and nowhere else."""

import os
from pathlib import Path

import pytest

from services.aws.client.direct.static_keys import static_keys
from services.aws.client.meter import UsageMeter
from services.aws.client.sdk.clients import Clients
from services.aws.client.sdk.models import ModelLoader
from services.aws.client.settings import AwsSettings
from services.aws.client.traffic import TrafficObserver
from services.clock import ManualClock

STATIC = "aws_access_key_id = AKIAFILE\naws_secret_access_key = canary-of-the-tests\n"
MACHINES: dict[str, tuple[dict[str, str], str, str, str]] = {
    "environment": ({"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "x"}, "", "", ""),
    "environment with a token": (
        {"AWS_ACCESS_KEY_ID": "ASIAENV", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "t"}, "", "", ""),
    "environment before the file": (
        {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "x"}, "", f"[default]\n{STATIC}", ""),
    "a profile before the environment": (
        {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "x"}, "", f"[duty]\n{STATIC}", "duty"),
    "AWS_PROFILE": ({"AWS_PROFILE": "duty"}, "", f"[duty]\n{STATIC}", ""),
    "AWS_PROFILE beside keys": (
        {"AWS_PROFILE": "duty", "AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "x"},
        "", f"[duty]\n{STATIC}", ""),
    "credentials file": ({}, "[default]\nregion = eu-west-1\n", f"[default]\n{STATIC}", ""),
    "configuration file": ({}, f"[profile duty]\n{STATIC}", "", "duty"),
    "both files": (
        {}, f"[default]\n{STATIC}".replace("FILE", "CONFIG"), f"[default]\n{STATIC}", ""),
    "half in each file": (
        {}, "[default]\naws_secret_access_key = x\n", "[default]\naws_access_key_id = AKIAHALF\n", ""),
    "a profile that does not exist": ({}, "", f"[default]\n{STATIC}", "nobody"),
    "half a pair": ({"AWS_ACCESS_KEY_ID": "AKIAENV"}, "", "", ""),
    "an empty secret": ({"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": ""}, "", "", ""),
    "nothing": ({}, "", "", ""),
    "assume role": (
        {}, "[profile duty]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n",
        f"[default]\n{STATIC}", "duty"),
    "SSO": ({}, "[profile duty]\nsso_session = x\nsso_account_id = 1\nsso_role_name = y\n", "", "duty"),
    "process": ({}, "[profile duty]\ncredential_process = /bin/false\n", f"[duty]\n{STATIC}", "duty"),
    "an expiry": (
        {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "x",
         "AWS_CREDENTIAL_EXPIRATION": "2030-01-01T00:00:00Z"}, "", "", ""),
    "a damaged file": ({}, "[default\n", f"[default]\n{STATIC}", ""),
    "AWS_PROFILE that does not exist, beside keys": (
        {"AWS_PROFILE": "nobody", "AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "x"}, "", "", ""),
    "AWS_PROFILE without a name": ({"AWS_PROFILE": ""}, "", f"[default]\n{STATIC}", ""),
    "AWS_DEFAULT_PROFILE without a name": ({"AWS_DEFAULT_PROFILE": ""}, "", f"[default]\n{STATIC}", ""),
    "a profile of that name in the other file's spelling": (
        {}, f"[profile duty]\n{STATIC}".replace("FILE", "CONFIG"), f"[profile duty]\n{STATIC}", "duty"),
    "only in the other file's spelling": ({}, f"[duty]\n{STATIC}", f"[profile duty]\n{STATIC}", "duty"),
    "a section with blanks": ({}, "", f"[ duty ]\n{STATIC}", "duty"),
    "quotes": ({}, f"[profile 'du ty']\n{STATIC}", "", "du ty"),
    "a role in odd quotes": (
        {}, '[profile du"ty"]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\n',
        f"[duty]\n{STATIC}", "duty"),
    "two sections of one profile": (
        {}, f"[profile default]\n{STATIC}[default]\naws_access_key_id = AKIAHALF\n", "", ""),
    "a value of several lines": (
        {}, "", "[default]\naws_access_key_id =\n  AKIA\naws_secret_access_key = x\n", ""),
    "a line break in a token": (
        {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "t\nu"}, "", "", ""),
    "a key that is not ASCII": ({"AWS_ACCESS_KEY_ID": "AKIA鍵", "AWS_SECRET_ACCESS_KEY": "x"}, "", "", ""),
}  # fmt: skip
"""Environment, configuration file, credentials file, profile."""
PLAIN = (
    "environment",
    "environment with a token",
    "environment before the file",
    "a profile before the environment",
    "AWS_PROFILE",
    "AWS_PROFILE beside keys",
    "credentials file",
    "configuration file",
    "both files",
    "quotes",
    "a profile of that name in the other file's spelling",
)


def machine(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> AwsSettings:
    """Set up one of MACHINES."""
    environment, config, credentials, profile = MACHINES[name]
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    (home / "config").write_text(config)
    (home / "credentials").write_text(credentials)
    return AwsSettings(region="ap-northeast-1", profile=profile)


@pytest.mark.parametrize("name", MACHINES)
async def test_the_keys_are_those_of_the_sdk_or_the_sdk_is_asked(
    name: str, aws_home: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = machine(name, aws_home, monkeypatch)
    keys = static_keys(settings)
    assert (keys is not None) == (name in PLAIN)
    if keys is not None:
        wire = TrafficObserver(UsageMeter(clock), clock)
        clients = Clients(settings, clock=clock, wire=wire, loader=ModelLoader())
        theirs = await clients.hold()
        assert (theirs.access_key, theirs.secret_key.reveal()) == (keys.access_key, keys.secret_key.reveal())
        assert theirs.token.reveal() == keys.token.reveal()


UNKNOWN_TO_US = {
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/",
    "AWS_SECURITY_TOKEN": "t",
    "AWS_NEW_AND_UNHEARD_OF": "1",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "https_proxy": "http://proxy.example:3128",
    "ALL_PROXY": "socks5://proxy.example",
}


@pytest.mark.parametrize("variable", UNKNOWN_TO_US)
def test_whatever_else_the_environment_says_is_for_the_sdk(
    variable: str, aws_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert static_keys(AwsSettings(region="ap-northeast-1"))
    monkeypatch.setenv(variable, UNKNOWN_TO_US[variable])
    assert static_keys(AwsSettings(region="ap-northeast-1")) is None


@pytest.mark.parametrize(
    "key", ["endpoint_url", "ca_bundle", "use_fips_endpoint", "services", "s3", "mfa_serial"]
)
def test_whatever_else_the_profile_says_is_for_the_sdk(key: str, aws_home: Path) -> None:
    (aws_home / "config").write_text(f"[default]\n{key} = x\n")
    assert static_keys(AwsSettings(region="ap-northeast-1")) is None


@pytest.mark.parametrize("variable", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE"])
def test_a_file_without_a_name_is_not_the_usual_one(
    variable: str, aws_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "")
    assert static_keys(AwsSettings(region="ap-northeast-1")) is None


def test_the_proxies_of_the_machine_are_for_the_sdk(aws_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.aws.client.direct.static_keys.getproxies", lambda: {"https": "proxy:3128"})
    assert static_keys(AwsSettings(region="ap-northeast-1")) is None
    assert static_keys(AwsSettings(region="ap-northeast-1", endpoint_url="http://127.0.0.1:4566"))


def test_a_role_is_for_the_sdk(aws_home: Path) -> None:
    assert static_keys(AwsSettings(region="ap-northeast-1", role_arn="arn:aws:iam::1:role/x")) is None


@pytest.mark.parametrize("name", ["config", "credentials"])
def test_a_pipe_in_place_of_a_file_is_not_opened(name: str, aws_home: Path) -> None:
    os.mkfifo(aws_home / name)
    assert static_keys(AwsSettings(region="ap-northeast-1")) is None
