"""Slack's refusals in words, each with what to do about it."""

from services.i18n import N_, _

_WORDS = {
    "invalid_auth": N_("Slack does not accept the token: it is wrong or was taken back. Set TOBAN_SLACK_TOKEN anew and start again."),
    "not_authed": N_("Slack got no token. Set TOBAN_SLACK_TOKEN and start again."),
    "account_inactive": N_("The Slack app or its workspace was switched off. Ask the workspace's administrator."),
    "token_revoked": N_("The token was taken back. Install the Slack app again, set TOBAN_SLACK_TOKEN and start again."),
    "token_expired": N_("The token has expired. Set a new TOBAN_SLACK_TOKEN and start again."),
    "channel_not_found": N_("Slack knows no channel {channel}, or the app may not see it. Check the runbook's [slack] channel; invite the app to a private channel."),
    "not_in_channel": N_("The app is no member of {channel}. Invite it there: /invite @app"),
    "is_archived": N_("{channel} is archived. Name another channel in the runbook, or bring it back."),
    "missing_scope": N_("The Slack app lacks a permission ({needed}). Add it under OAuth & Permissions and install the app again."),
    "restricted_action": N_("The workspace does not let the app post in {channel}. Ask the workspace's administrator."),
    "msg_too_long": N_("The note is too long for Slack. Shorten it and let it go anew."),
    "msg_blocks_too_long": N_("The note is too long for Slack. Shorten it and let it go anew."),
    "ratelimited": N_("Slack takes no more messages for {seconds} seconds; the console waits and asks again."),
    "no_service": N_("The webhook was switched off. Make a new one, set TOBAN_SLACK_WEBHOOK and start again."),
    "no_active_hooks": N_("The webhook was switched off. Make a new one, set TOBAN_SLACK_WEBHOOK and start again."),
    "invalid_token": N_("The webhook's address is wrong. Set TOBAN_SLACK_WEBHOOK anew and start again."),
    "action_prohibited": N_("The workspace does not let this webhook post. Ask the workspace's administrator."),
    "channel_is_archived": N_("The webhook's channel is archived. Make a webhook for another one."),
}  # fmt: skip
UNCLEAR = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
"""Slack's codes for errors after which the request may have been carried out all the same."""


def refusal(code: str, *, channel: str = "", needed: str = "", seconds: float = 0) -> str:
    """What a refusal means and what to do, followed by Slack's code."""
    words = _WORDS.get(code)
    if words is None:
        return _("Slack refused: {code}. Look it up in Slack's documentation of the method.").format(
            code=code
        )
    text = _(words).format(channel=channel, needed=needed or "chat:write", seconds=f"{seconds:.0f}")
    return f"{text} ({code})"


def known(code: str) -> bool:
    """Whether it is a code by which Slack refuses."""
    return code in _WORDS


def unreachable(host: str, why: str) -> str:
    """Nothing was sent: there was no connection."""
    return _("No connection to {host}: {why}. Check network and proxy; the console asks again.").format(
        host=host, why=why
    )


def unanswered(why: str) -> str:
    """It was sent, and the outcome is not known."""
    return _("Slack gave no clear answer ({why}): the note may be posted or not.").format(why=why)
