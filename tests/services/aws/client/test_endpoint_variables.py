"""The endpoint that the environment names is the one that the SDK's client chooses, or the SDK is asked."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.session import Session

from services.aws.client.direct.requests import Requests
from services.aws.client.direct.sender import SERVICES
from services.aws.client.direct.static_keys import static_keys
from services.aws.client.settings import AwsSettings

REGION = "ap-northeast-1"
ALL, ONE, OTHER, GIVEN = (
    "http://all.example:1",
    "https://one.example",
    "http://other.example",
    "http://given.example",
)
KEYS = "aws_access_key_id = AKIAFILE\naws_secret_access_key = canary-of-the-tests\n"
ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {},
    {"AWS_ENDPOINT_URL": ALL},
    {"AWS_ENDPOINT_URL": f"{ALL}/"},
    {"AWS_ENDPOINT_URL": ""},
    {"AWS_ENDPOINT_URL_CLOUDWATCH": ONE},
    {"AWS_ENDPOINT_URL_CLOUDWATCH": "", "AWS_ENDPOINT_URL": ALL},
    {"AWS_ENDPOINT_URL_CLOUDWATCH": ONE, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": OTHER, "AWS_ENDPOINT_URL": ALL},
    {"AWS_ENDPOINT_URL_LOGS": ONE, "AWS_ENDPOINT_URL": ALL},
    {"AWS_ENDPOINT_URL_ECS": ONE},
    {"AWS_ENDPOINT_URL_cloudwatch": ONE},
    {"AWS_ENDPOINT_URL_NOBODY": ONE},
    *(
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": value, "AWS_ENDPOINT_URL": ALL, "AWS_ENDPOINT_URL_CLOUDWATCH": ONE}
        for value in ("true", "TRUE", "false", "", "1", "yes", " true")
    ),
)  # fmt: skip
PROFILES = (
    "",
    f"endpoint_url = {OTHER}\n",
    "services = mine\n",
    "services = missing\n",
    "ignore_configured_endpoint_urls = true\n",
)
MINE = f"[services mine]\ncloudwatch =\n  endpoint_url = {OTHER}\n"


def of_sdk(service: str, given: str) -> str:
    """What a client of the SDK resolves."""
    client = Session().create_client(service, region_name=REGION, endpoint_url=given or None)
    return str(client.meta.endpoint_url).rstrip("/")


def set_up(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("given", ["", GIVEN])
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_the_variables_name_the_endpoint_of_the_sdk(
    environment: dict[str, str], given: str, aws_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, environment)
    assert static_keys(AwsSettings(region=REGION, endpoint_url=given))
    for service in SERVICES:
        assert Requests(service).endpoint(given, REGION) == of_sdk(service, given)


@pytest.mark.parametrize("given", ["", GIVEN])
@pytest.mark.parametrize("lines", PROFILES)
def test_a_profile_that_names_endpoints_is_for_the_sdk_unless_the_settings_name_one(
    lines: str, given: str, aws_home: Path
) -> None:
    (aws_home / "config").write_text(f"[default]\n{KEYS}{lines}{MINE}")
    keys = static_keys(AwsSettings(region=REGION, endpoint_url=given))
    assert (keys is not None) == (given != "" or not lines)
    if keys is not None:
        for service in SERVICES:
            assert Requests(service).endpoint(given, REGION) == of_sdk(service, given)


REFUSED = (
    "http://al\nl.example", "http://all.example\t", "http://all.example ", "http://a_b.example", "http://-all.example",
    "http://all..example", f"http://{'a' * 64}.example", "http://ÄÖ.example", "http://ａll.example", "http://all.example\\x",
    "http://all.example%2f", "http://all.example,b", "http://{region}.example", "http://", "http://.",
)  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_nothing_is_sent_to_what_the_sdk_refuses(
    url: str, aws_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python reads another host out of some of these than they say."""
    for service in SERVICES:
        assert Requests(service).endpoint(url, REGION) == ""
        with pytest.raises(ValueError, match="Invalid endpoint"):
            of_sdk(service, url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    assert [Requests(service).endpoint("", REGION) for service in SERVICES] == [""] * len(SERVICES)


@pytest.mark.parametrize(
    "url", ["http://all.example/path", "all.example", "http://[::1", "https://u:p@all.example"]
)
def test_what_is_more_than_a_host_is_for_the_sdk(
    url: str, aws_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    assert [Requests(service).endpoint("", REGION) for service in SERVICES] == [""] * len(SERVICES)


def test_without_a_region_that_is_named_here_the_sdk_is_asked(
    aws_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The region is in the signature, wherever the request goes."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", ALL)
    monkeypatch.setenv("AWS_REGION", REGION)
    for service in SERVICES:
        assert [Requests(service).endpoint(given, "") for given in ("", GIVEN)] == ["", ""]
