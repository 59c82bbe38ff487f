from services.i18n import N_, _

_WORDS = {
    "invalid_auth": N_("Slack rejected the token: it is wrong or was revoked. Set TOBAN_SLACK_TOKEN again and restart."),
    "not_authed": N_("Slack received no token. Set TOBAN_SLACK_TOKEN and restart."),
    "account_inactive": N_("The Slack app or its workspace was disabled. Ask the workspace's administrator."),
    "token_revoked": N_("The token was revoked. Install the Slack app again, set TOBAN_SLACK_TOKEN and restart."),
    "token_expired": N_("The token has expired. Set a new TOBAN_SLACK_TOKEN and restart."),
    "channel_not_found": N_("Slack has no channel {channel}, or the app cannot see it. Check the runbook's [slack] "
"channel; invite the app to a private channel."),
    "not_in_channel": N_("The app is not a member of {channel}. Invite it there: /invite @app"),
    "is_archived": N_("{channel} is archived. Choose another channel in the runbook, or unarchive it."),
    "missing_scope": N_("The Slack app lacks a permission ({needed}). Add it under OAuth & Permissions and install the app again."),
    "restricted_action": N_("The workspace does not allow the app to post in {channel}. Ask the workspace's administrator."),
    "msg_too_long": N_("The message is too long for Slack. Shorten it and send it again."),
    "msg_blocks_too_long": N_("The message is too long for Slack. Shorten it and send it again."),
    "ratelimited": N_("Slack accepts no more messages for {seconds} seconds; the console waits and retries."),
    "no_service": N_("The webhook was disabled. Create a new one, set TOBAN_SLACK_WEBHOOK and restart."),
    "no_active_hooks": N_("The webhook was disabled. Create a new one, set TOBAN_SLACK_WEBHOOK and restart."),
    "invalid_token": N_("The webhook's URL is wrong. Set TOBAN_SLACK_WEBHOOK again and restart."),
    "action_prohibited": N_("The workspace does not allow this webhook to post. Ask the workspace's administrator."),
    "channel_is_archived": N_("The webhook's channel is archived. Create a webhook for another one."),
}  # fmt: skip
UNCLEAR = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
"""Slack's codes for errors after which the request may have been carried out all the same."""


def refusal(code: str, *, channel: str = "", needed: str = "", seconds: float = 0) -> str:
    words = _WORDS.get(code)
    if words is None:
        return _("Slack refused: {code}. See Slack's documentation of the method.", code=code)
    text = _(words, channel=channel, needed=needed or "chat:write", seconds=f"{seconds:.0f}")
    return _("{said} ({why})", said=text, why=code)


def is_refusal(code: str) -> bool:
    return code in _WORDS


def unreachable(host: str, why: str) -> str:
    return _(
        "No connection to {host}: {why}. Check network and proxy; the console retries.", host=host, why=why
    )


def unanswered(why: str) -> str:
    return _("Slack's response was unclear ({why}): the message may or may not be posted.", why=why)
