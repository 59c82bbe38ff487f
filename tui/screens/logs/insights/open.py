from collections.abc import Sequence
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from services.models.metrics import TimeSpan
from tui.console import Console
from tui.messages import OpenLogs
from tui.screens.logs.insights.draft import QueryDraft
from tui.screens.logs.insights.ranges import up_to
from tui.screens.logs.insights.screen import InsightsScreen
from widgets.logs.arrangement.regions import MOST_PANES
from widgets.logs.text.time import moment

DEFAULT_LENGTH = timedelta(hours=1)
_DRAFTS: WeakKeyDictionary[Console, dict[str, QueryDraft]] = WeakKeyDictionary()  # By the system's id


async def open_query(app: Console, groups: Sequence[str], shown: tuple[datetime, datetime] | None) -> None:
    """Open the query screen on `groups`, over the time that is `shown` in the pane; then open the row's log.
    What was asked before is there again; groups and range follow the pane unless a result is shown."""
    span, ends_now = _span(shown, app.now())
    drafts, id = _DRAFTS.setdefault(app, {}), str(app.ready.runbook.system.id)
    draft = drafts.setdefault(id, QueryDraft(span=span))
    if draft.progress is None or not set(groups) <= set(draft.groups):
        draft.groups, draft.progress = tuple(dict.fromkeys(groups)), None
        draft.span, draft.ends_now = span, ends_now
    place = await app.push_screen_wait(InsightsScreen(draft))
    if isinstance(place, tuple):
        (group, *others), at = place
        app.post_message(OpenLogs(group, moment(at), tuple(others[: MOST_PANES - 1])))


def _span(shown: tuple[datetime, datetime] | None, now: datetime) -> tuple[TimeSpan, bool]:
    """The time on the pane's screen with an hour around it; the last hour, up to now, for the newest lines."""
    if shown is None or now - shown[1] < DEFAULT_LENGTH / 2:
        return up_to(now, DEFAULT_LENGTH), True
    middle = shown[0] + (shown[1] - shown[0]) / 2
    length = max(DEFAULT_LENGTH, shown[1] - shown[0])
    return up_to(min(now, middle + length / 2), length), False
