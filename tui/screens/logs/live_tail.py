from contextlib import aclosing
from functools import partial

from textual.content import Content

from services.aws.client.prices import USD_PER_LIVE_TAIL_MINUTE, yen_per_dollar
from services.aws.client.reader import not_found
from services.aws.logs.group_names import identifier
from services.aws.logs.live_tail import LiveTail
from services.i18n import _
from services.logs.follow.live import IDLE, LiveSession, LiveTailState
from services.system import Services
from tui.console import Console
from tui.screens.common.confirm import ConfirmScreen
from tui.screens.logs.tail_binding import PaneTail


async def agreed(app: Console, tail: PaneTail) -> bool:
    yen = USD_PER_LIVE_TAIL_MINUTE * yen_per_dollar(tail.services.runbook.costs)
    text = _(
        "Live Tail shows lines of {group} about a second after they arrive.\n"
        "AWS charges ¥{yen} for every minute, beyond the free minutes of the month.\n"
        "It ends when this pane closes, with the same key, and after {minutes} minutes without a key."
    ).format(group=tail.group, yen=f"{yen:.2f}", minutes=round(IDLE / 60))
    keys = _("⏎ {verb} · Esc closes", verb=_("starts"))
    return bool(await app.push_screen_wait(ConfirmScreen(_("Live Tail"), Content(text), keys)))


def session_of(tail: PaneTail) -> LiveSession:
    services = tail.services
    return LiveSession(
        LiveTail(services.session),
        partial(_arn, services, tail.group),
        tail.pattern,
        services.clock,
        services.meter,
        yen_per_dollar(services.runbook.costs),
    )


async def run(tail: PaneTail, session: LiveSession) -> None:
    pane = tail.pane
    tail.begin_live()
    try:
        async with aclosing(session.states()) as states:
            async for state in states:
                tail.show_unnamed(state.lines, live=True)
                pane.live = _title(state)
                if state.problem is not None:
                    pane.note = state.problem.message
                if state.ended:
                    pane.note = _("Live Tail ended: no key for {minutes} minutes", minutes=round(IDLE / 60))
    finally:
        tail.end_live()
        pane.live = ""


def _title(state: LiveTailState) -> str:
    """`LIVE 3 min ¥4.50 sampled`."""
    parts = [_("LIVE") if state.open else _("Live Tail opens…")]
    if state.minutes:
        parts.append(_("{count} min", count=state.minutes))
        parts.append(f"¥{state.yen:,.2f}")
    if state.sampled:
        parts.append(_("sampled"))
    return " ".join(parts)


async def _arn(services: Services, group: str) -> str:
    """The ARN of a log group, as Live Tail wants it. Raises AwsError."""
    if group.startswith("arn:"):
        return identifier(group)
    for candidate in await services.logs.groups(group):
        if candidate.id == group:
            return candidate.arn
    raise not_found(_("The log group {group} does not exist.", group=group), "logs", "DescribeLogGroups")
