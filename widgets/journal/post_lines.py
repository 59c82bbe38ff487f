from collections.abc import Iterable
from datetime import datetime, tzinfo

from services.i18n import N_, _
from services.models import glyphs
from services.models.posts import Post, PostState
from widgets.drawing.columns import Column
from widgets.drawing.format import stamp, wrap
from widgets.drawing.lines import Line
from widgets.drawing.state_styles import StateStyle
from widgets.drawing.table import Row

POST_STYLES: dict[PostState, StateStyle] = {
    PostState.WAITING: StateStyle(glyphs.ABNORMAL, N_("not sent"), "bad"),
    PostState.SENDING: StateStyle(glyphs.RUNNING, N_("being sent"), "key"),
    PostState.REFUSED: StateStyle(glyphs.ABNORMAL, N_("not sent"), "bad"),
    PostState.UNKNOWN: StateStyle(glyphs.NOT_JUDGED, N_("unconfirmed"), "bad"),
    PostState.POSTED: StateStyle(glyphs.DONE, N_("posted"), "good"),
    PostState.DROPPED: StateStyle(glyphs.OFF, N_("discarded"), "muted"),
}


def columns() -> tuple[Column, ...]:
    return (
        Column(_("State"), max_width=16),
        Column(_("When"), max_width=18, rank=1),
        Column(_("Person"), max_width=16, rank=2),
        Column(_("What happened"), flex=1, min_width=20),
    )


def rows(posts: Iterable[Post], zone: tzinfo, now: datetime) -> list[Row]:
    table_rows = []
    for post in posts:
        style = POST_STYLES[post.state]
        cells: tuple[Line, ...] = (
            [(style.text, style.role)],
            [(stamp(post.at, zone, now), "muted")],
            [(post.by, "")],
            [(" ".join(post.text.split()), "" if post.unsent else "muted")],
        )
        table_rows.append(Row(post.id, cells))
    return table_rows


def detail(post: Post, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    style = POST_STYLES[post.state]
    head: Line = [
        (style.text, style.role),
        ("  ", ""),
        (post.channel or _("no channel"), "strong"),
        ("  ", ""),
        (stamp(post.changed_at, zone, now), "muted"),
    ]
    lines: list[Line] = [head]
    if post.thread_ts:
        lines.append([(_("reply in its thread"), "muted")])
    if post.retry_at is not None:
        again = _("the console retries at {time}", time=stamp(post.retry_at, zone, now))
        lines.append([(again, "muted")])
    lines += [[(line, "caution")] for line in (wrap(post.reason, width) if post.reason else ())]
    lines.append([])
    lines += [[(line, "")] for line in wrap(post.text, width)]
    return lines
