"""How GitHub is reached: a token in the environment or in a private file, as a secret that cannot be printed.

TOBAN_GITHUB_TOKEN       a fine-grained token: Secrets (write) and Actions (read) of the runbook's repository;
                         Environments (write) for an environment, the organisation's Secrets (write) for its secrets
TOBAN_GITHUB_TOKEN_FILE  a file with the token that only its owner can read, where the variable is not set
TOBAN_GITHUB_URL         stands in for https://api.github.com: GitHub Enterprise Server, or a test's stand-in
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.aws.client.secret import Secret
from services.host import regular_files
from services.host.addresses import on_this_machine, web_address
from services.host.private_files import read_private
from services.i18n import _
from services.models.text import clean

TOKEN, TOKEN_FILE, URL = "TOBAN_GITHUB_TOKEN", "TOBAN_GITHUB_TOKEN_FILE", "TOBAN_GITHUB_URL"
VARIABLES = (TOKEN, TOKEN_FILE, URL)
HOME = "https://api.github.com"
_LARGEST = 4096  # Bytes of a token file at most
_FORM = re.compile(r"[\x21-\x7e]+")  # What can be sent in a header


@dataclass(frozen=True, slots=True)
class GithubSettings:
    """Where GitHub's API is, and the token; without a token nothing is sent."""

    token: Secret | None = None
    base: str = HOME  # Scheme, host and path of the API
    why: str = ""  # Why nothing can be sent, and what to do, in the screen's language; "" if it can


def read(environment: Mapping[str, str]) -> GithubSettings:
    token, file, base = (environment.get(name, "").strip() for name in VARIABLES)
    address = web_address(base or HOME)
    if address is None:
        return GithubSettings(why=_("{name} is not a web address.", name=URL))
    if address.scheme != "https" and not on_this_machine(address):
        return GithubSettings(
            why=_("{name} must begin with https://, or the secret could be read in transit.", name=URL)
        )
    try:
        token = token or (read_private(regular_files.named(file), _LARGEST).strip() if file else "")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror or "" if isinstance(error, OSError) else _("is not a text file")
        text = _("The token of GitHub cannot be read: {path}: {reason}")
        return GithubSettings(why=text.format(path=clean(file), reason=clean(reason)))
    if not token:
        return GithubSettings(why=unset())
    if not _FORM.fullmatch(token):
        return GithubSettings(why=_("The token of GitHub must be one line without spaces."))
    root = f"{address.scheme}://{address.netloc}{address.path.rstrip('/')}"
    return GithubSettings(token=Secret(token), base=root)


def unset() -> str:
    return _("GitHub is not set up: set {token} (or {file}) in the environment and restart.").format(
        token=TOKEN, file=TOKEN_FILE
    )
