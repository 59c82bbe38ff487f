from collections.abc import Awaitable, Callable
from datetime import datetime

from services.i18n import _
from services.logs.filter_patterns.quoting import combined
from services.models.filter_patterns import phrase
from services.models.text import clean
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.logs.groups import GroupScreen
from widgets.logs.form.field_patterns import pattern_for
from widgets.logs.form.field_rows import FieldRow, value_text
from widgets.logs.pane.detail import FieldList
from widgets.logs.pane.pane import LogPane
from widgets.logs.pane.prompt import Ask
from widgets.logs.text.search import SearchQuery
from widgets.logs.text.time import moment

AddPane = Callable[[str, datetime | None, str], Awaitable[LogPane | None]]
"""Opens another pane on a group, at a time, with a filter pattern."""
_SHOWN = 40  # Characters of a value in the menu
_SEARCHED = 200  # Characters of a value that are searched at most


async def act(app: Console, pane: LogPane, message: FieldList.Acted, add_pane: AddPane | None) -> None:
    row, action = message.row, message.action
    filter_in, filter_out = (pattern_for(message.fields.form, row, hides=hides) for hides in (False, True))
    if action == "menu":
        choices = _choices(row, pane.pattern, filter_in, filter_out, may_follow=add_pane is not None)
        answer = await app.push_screen_wait(ChooseScreen(_title(row), choices, harmless=True))
        if answer is None or not pane.is_attached:
            return
        await _chosen(app, pane, row, answer, {"in": filter_in, "out": filter_out}, add_pane)
    elif action == "copy":
        app.copy_to_clipboard(value_text(row))
    elif action == "search":
        pane.prompt.open(Ask.SEARCH, _searched(row))
    elif filter_in:
        pane.prompt.open(Ask.PATTERN, filter_in)
    else:
        app.inform(_("no filter pattern can name this field"))


async def _chosen(
    app: Console,
    pane: LogPane,
    row: FieldRow,
    answer: str,
    patterns: dict[str, str],
    add_pane: AddPane | None,
) -> None:
    if answer == "copy":
        app.copy_to_clipboard(value_text(row))
    elif answer == "search":
        pane.search.start(SearchQuery(_searched(row)))
        pane.lines.focus()
    elif answer == "hide":
        pane.filters.add(SearchQuery(_searched(row)), hides=True)
        pane.lines.focus()
    elif answer in patterns:
        further = patterns[answer]
        pane.post_message(LogPane.PatternChanged(pane, combined(pane.pattern, further) or further))
    elif add_pane is not None:
        await _follow(app, pane, row, add_pane)


async def _follow(app: Console, pane: LogPane, row: FieldRow, add_pane: AddPane) -> None:
    line = pane.lines.line_at_cursor()
    groups = await app.push_screen_wait(GroupScreen(app.ready, app.config.log_groups))
    if groups:
        await add_pane(groups[0], moment(line.at) if line is not None else None, phrase(_searched(row)))


def _choices(
    row: FieldRow, present: str, filter_in: str, filter_out: str, *, may_follow: bool
) -> list[Choice]:
    choices = [Choice("search", _("Search this value"), "/")]
    if filter_in:
        choices.append(Choice("in", _("Show only lines with it (AWS filters)"), _becomes(present, filter_in)))
    if filter_out:
        choices.append(
            Choice("out", _("Leave out lines with it (AWS filters)"), _becomes(present, filter_out))
        )
    if _searched(row):
        choices.append(Choice("hide", _("Hide lines with it here"), clean(_searched(row), 120)))
    choices.append(Choice("copy", _("Copy the value"), "y"))
    if may_follow and _searched(row):
        choices.append(Choice("follow", _("Follow it in another pane, from this line's time on"), ""))
    return choices


def _becomes(present: str, further: str) -> str:
    whole = combined(present, further)
    if whole is not None:
        return clean(whole, 120)
    words = _("{pattern} in place of the present filter, with which it cannot be combined")
    return words.format(pattern=clean(further, 120))


def _title(row: FieldRow) -> str:
    text = clean(value_text(row), _SHOWN)
    return f"{'.'.join(clean(name, 80) for name in row.path) or row.name} = {text}"


def _searched(row: FieldRow) -> str:
    text = row.text if not row.name else value_text(row)
    return next((part.strip() for part in text.splitlines() if part.strip()), "")[:_SEARCHED]
