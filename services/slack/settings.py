"""How Slack is reached: from the environment alone, never from a file, and as secrets that cannot be printed.
TOBAN_SLACK_TOKEN a bot token (`xoxb-…`; scope chat:write): threads, and lost answers are looked up
TOBAN_SLACK_WEBHOOK an incoming webhook, where there is no token: one fixed channel, no threads
TOBAN_SLACK_URL stands in for https://slack.com and https://hooks.slack.com: a relay, or a test's stand-in"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.aws.client.secret import Secret
from services.host.addresses import on_this_machine, web_address
from services.i18n import _

TOKEN, WEBHOOK, URL = "TOBAN_SLACK_TOKEN", "TOBAN_SLACK_WEBHOOK", "TOBAN_SLACK_URL"
VARIABLES = (TOKEN, WEBHOOK, URL)
_HOME = "https://slack.com"


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Where to post, and with which credentials; without token and webhook nothing is sent."""

    token: Secret | None = None
    webhook: Secret | None = None
    """The complete webhook address, which is a secret: knowing it is enough to post."""
    base: str = _HOME  # Scheme and host of the Web API
    why: str = ""  # Why nothing can be sent, and what to do, in the screen's language; "" if it can

    @property
    def configured(self) -> bool:
        return self.token is not None or self.webhook is not None


def read(environment: Mapping[str, str], *, demo: bool = False) -> SlackSettings:
    """The settings in the environment. A demo may reach a stand-in on this machine, never Slack itself."""
    token, webhook, base = (environment.get(name, "").strip() for name in VARIABLES)
    if not token and not webhook:
        return SlackSettings(why=unset())
    target = web_address(base or (_HOME if token else webhook))
    if target is None:
        return SlackSettings(why=_("{name} is not a web address.", name=URL if base else WEBHOOK))
    if demo and not on_this_machine(target):
        return SlackSettings(why=_("The demo posts nothing to Slack; the message stays in its journal."))
    if target.scheme != "https" and not on_this_machine(target):
        return SlackSettings(
            why=_("{name} must begin with https://, or the secret could be read in transit.").format(
                name=URL if base else WEBHOOK
            )
        )
    root = f"{target.scheme}://{target.netloc}{target.path.rstrip('/')}"
    if token:
        return SlackSettings(token=Secret(token), base=root)
    path = urlsplit(webhook).path
    return SlackSettings(webhook=Secret(f"{root}{path}" if base else webhook))


def unset() -> str:
    return _("Slack is not set up: set {token} (or {webhook}) in the environment and restart.").format(
        token=TOKEN, webhook=WEBHOOK
    )
