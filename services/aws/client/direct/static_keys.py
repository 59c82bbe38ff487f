"""Access keys that stand in the environment or in the user's AWS files, where nothing else there needs the SDK.

Everything that this module does not know for certain, be it a variable, a key of a profile or a proxy, is the SDK's: then
there are no keys here, and the SDK resolves the credentials and the endpoint, or says what is wrong.
"""

import os
import shlex
from configparser import Error, RawConfigParser
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies

from services.aws.client.sdk import files
from services.aws.client.secret import Secret
from services.aws.client.settings import LOOPBACK, AwsSettings
from services.host import known_secrets, regular_files

ENDPOINT = "AWS_ENDPOINT_URL"
"""The variable of all services' endpoint; those of single services begin with it, too."""
IGNORE_ENDPOINTS = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
PLAIN_VARIABLES = frozenset(
    {
        ENDPOINT,
        IGNORE_ENDPOINTS,
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_DEFAULT_OUTPUT",
        "AWS_PAGER",
        "AWS_CLI_AUTO_PROMPT",
        "AWS_CA_BUNDLE",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_EXECUTION_ENV",
    }
)
"""Variables of AWS's that are read here, or that change nothing for a console that names its region."""
PLAIN_KEYS = frozenset(
    {
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "region",
        "output",
        "cli_pager",
        "cli_auto_prompt",
        "cli_history",
        "cli_timestamp_format",
    }
)
"""Keys of a profile of which the same is true."""
ENDPOINT_KEYS = frozenset({"endpoint_url", "services", "ignore_configured_endpoint_urls"})
"""Keys of a profile that change nothing where the settings name the endpoint."""
_MEANT_EMPTY = frozenset({"AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE"})
"""Variables that the SDK does not take as unset when they are empty: it looks for a profile or a file without a name."""

_ACCESS_KEY = "aws_access_key_id"


@dataclass(frozen=True, slots=True)
class StaticKeys:
    """An access key that does not expire by itself, or whose expiry is not known."""

    access_key: str
    secret_key: Secret
    token: Secret


def static_keys(settings: AwsSettings) -> StaticKeys | None:
    """The keys that the SDK would find, too; None: ask the SDK. Reads files, so run it in a thread; raises nothing."""
    if settings.role_arn or not _is_plain_environment(settings.endpoint_url):
        return None
    try:
        config = _profile(settings, "AWS_CONFIG_FILE")
        credentials = _profile(settings, "AWS_SHARED_CREDENTIALS_FILE")
    except (OSError, ValueError, Error):
        return None
    is_lacking = config is None and credentials is None
    if is_lacking and (settings.profile or os.environ.get("AWS_PROFILE")):
        return None
    config, credentials = config or {}, credentials or {}
    plain = PLAIN_KEYS | ENDPOINT_KEYS if settings.endpoint_url else PLAIN_KEYS
    if not config.keys() | credentials.keys() <= plain:
        return None
    environment = {} if settings.profile else _of_environment()
    # In the SDK's order; half a pair is its to complain about.
    return _keys(next((each for each in (environment, credentials, config) if _ACCESS_KEY in each), {}))


def _is_plain_environment(endpoint_url: str) -> bool:
    # The SDK obeys some variables even when they are empty, such as AWS_DEFAULT_PROFILE and AWS_SECURITY_TOKEN.
    names = {name for name in os.environ if name.startswith("AWS_")}
    foreign = {name for name in names if not name.startswith(f"{ENDPOINT}_")} - PLAIN_VARIABLES
    foreign |= {name for name in _MEANT_EMPTY if os.environ.get(name) == ""}
    proxies = getproxies().keys() - {"no"}
    return not foreign and (not proxies or urlsplit(endpoint_url).hostname in LOOPBACK)


def _of_environment() -> dict[str, str]:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return {name.lower(): os.environ[name] for name in names if name in os.environ}


def _profile(settings: AwsSettings, variable: str) -> dict[str, str] | None:
    """The profile's keys in one of the user's two files; None if it is not in there. Raises OSError, ValueError, Error."""
    usual = {"AWS_CONFIG_FILE": "~/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"}
    name = os.environ.get(variable) or usual[variable]
    profile = settings.profile or os.environ.get("AWS_PROFILE") or "default"
    try:
        files.check(name)
        path = regular_files.named(os.path.expandvars(name))
        text = "" if name == os.devnull else regular_files.read(path).decode("utf-8")
    except FileNotFoundError:
        return None
    parser = RawConfigParser(default_section="")
    parser.read_string(text)
    named = _configured if variable == "AWS_CONFIG_FILE" else str
    sections = [section for section in parser.sections() if named(section) == profile]
    if len(sections) > 1:
        raise ValueError("several sections of one profile")
    return dict(parser[sections[0]]) if sections else None


def _configured(section: str) -> str:
    """The profile that a section of the configuration file is of, by the SDK's rules; "" if it is of none."""
    if not section.startswith("profile"):
        return section if section == "default" else ""
    try:
        words = shlex.split(section)
    except ValueError:
        return ""
    return words[1] if len(words) == 2 else ""


def _keys(pair: dict[str, str]) -> StaticKeys | None:
    access_key, secret_key = pair.get(_ACCESS_KEY), pair.get("aws_secret_access_key")
    token = pair.get("aws_session_token", "")
    if not access_key or not secret_key:
        return None
    if not all(part.isascii() and part.isprintable() for part in (access_key, secret_key, token)):
        # Not a key of AWS's; a line break could not be sent in a header, and the error would show it.
        return None
    known_secrets.remember([secret_key, token])
    return StaticKeys(access_key, Secret(secret_key), Secret(token))
