from typing import NamedTuple

from services.i18n import N_

HIDDEN = "***"  # What stands in place of a secret

AWS_KEY, TOKEN, PASSWORD, HEADER = "aws-key", "token", "password", "header"
PRIVATE_KEY, SLACK = "private-key", "slack"
MAIL, TELEPHONE, MY_NUMBER, CARD = "mail", "telephone", "my-number", "card"
OUT_OF_TIME = "out-of-time"

TITLES = {
    AWS_KEY: N_("AWS access keys"),
    TOKEN: N_("tokens"),
    PASSWORD: N_("passwords"),
    HEADER: N_("Authorization and Cookie headers"),
    PRIVATE_KEY: N_("private keys"),
    SLACK: N_("Slack tokens and webhooks"),
    MAIL: N_("mail addresses"),
    TELEPHONE: N_("telephone numbers"),
    MY_NUMBER: N_("My Numbers"),
    CARD: N_("card numbers"),
    OUT_OF_TIME: N_("texts masked whole, because a pattern of the runbook took too long"),
}
"""English, by the kind's id, which is stable; translated when shown."""


def words(text: str) -> list[str]:
    return text.split()


class MaskSpan(NamedTuple):
    start: int
    end: int
    kind: str  # Id of a kind in TITLES, or of a pattern of the runbook
    quote: str = ""  # What encloses the sign that stands for it: a number of JSON has no quotes of its own


class MaskedText(NamedTuple):
    text: str
    counts: dict[str, int]  # The number of masked parts by kind
