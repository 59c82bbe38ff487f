"""The grammar of keys, one line a meaning: which keys have it, and which bindings may use it. A key has one
meaning on all screens. `docs/screens.md` shows the same table to people; `tests/architecture` compares both
with every binding. To add a binding, use the key of its meaning and add its English title to that line; to
add a meaning, add a line here and a row there."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.i18n import _
from tui.modes import MODES, SYSTEMS
from widgets.frame.key_names import key_name


@dataclass(frozen=True, slots=True)
class Meaning:
    keys: tuple[str, ...]  # As Textual spells them
    text: str  # As in the table of the page
    titles: frozenset[str] = frozenset()  # English titles of the bindings that have it
    is_reserved: bool = False  # Whether settings are warned against these keys, which only some consoles use
    is_kin: bool = False
    """Whether it stands in the row of the meaning before it: the same for another step, direction or thing."""


def _meaning(keys: str, text: str, *titles: str, reserved: bool = False, kin: bool = False) -> Meaning:
    return Meaning(tuple(keys.split()), text, frozenset(titles), reserved, kin)


MEANINGS: tuple[Meaning, ...] = (
    _meaning("1 2 3 4 5 6", "modes", *(mode.title for mode in MODES)),
    _meaning("9", "overview of several systems; there, a letter shows the system of its row", SYSTEMS.title, reserved=True),
    _meaning("backslash underscore", "next, previous system", "Next system", "Previous system"),
    _meaning("question_mark f1", "help", "Help"),
    _meaning("ctrl+p", "commands", "Commands"),
    _meaning("colon", "jump to a name or a date", "Jump"),
    _meaning("enter", "open; confirm or go on in a dialog", "Open", "Open step", "List", "Detail", "Logs at that minute", "Confirm", "Continue", "Next", "Record"),
    _meaning("escape", "back: close, or clear a filter", "Back", "Close", "Cancel", "Done", "Show all"),
    _meaning("tab shift+tab", "next, previous panel or field", "Next panel", "Previous panel"),
    _meaning("up down k j pageup pagedown home end", "move", "Up", "Down", "Page up", "Page down", "First", "Last", "Line up", "Line down", "Earlier entry", "Later entry", "Oldest", "Newest", "Previous week", "Next week", "Previous month", "Next month"),
    _meaning("b", "a page up in a log", "Page up", kin=True),
    _meaning("G", "newest line", "Newest", kin=True),
    _meaning("left right", "move sideways; previous, next", "Left", "Right", "Previous", "Next", "Previous day", "Next day", "Scroll left", "Scroll right", "Narrower", "Wider"),
    _meaning("ctrl+up ctrl+down", "move a column up, down", "Column up", "Column down", kin=True),
    _meaning("ctrl+left ctrl+right", "give a pane of a log less, more of the room", "Smaller", "Larger", kin=True),
    _meaning("space", "tick or untick; in a log, a page down; show a secret while held", "Tick", "Next", "Page down", "Show while held"),
    _meaning("left_square_bracket right_square_bracket", "previous, next: month, day, finding, entry, period", "Previous", "Next", "Previous day", "Next day", "Previous month", "Next month"),
    _meaning("left_curly_bracket right_curly_bracket", "previous, next year", "Previous year", "Next year", kin=True),
    _meaning("t", "today", "Today", kin=True),
    _meaning("slash", "search", "Search"),
    _meaning("n N", "next, previous match", "Next match", "Previous match", kin=True),
    _meaning("f", "filter", "Filter"),
    _meaning("F", "the filters and highlights of a log", "Filters", kin=True),
    _meaning("less_than_sign greater_than_sign", "less, more context around a filtered line", "Less context", "More context", kin=True),
    _meaning("ampersand", "the panes of a log as one, by time; again for the panes", "Merge"),
    _meaning("full_stop", "steps: `.` and the number runs a step", "Steps"),
    _meaning("at", "choose a time: go there in every pane of a log, plan a duty's date, leave a follow-up", "Go to time", "Plan", "Follow-up"),
    _meaning("exclamation_mark", "newest firing alarm: its incident", "Newest firing"),
    _meaning("dollar_sign", "the `aws` command that does the same", "AWS commands"),
    _meaning("plus", "agree to the cost; ask AWS for late lines, at a price; search further for a request", "Agree to the cost", "Late lines"),
    _meaning("minus", "skip a duty or a step", "Skip"),
    _meaning("equals_sign", "override a verdict; decide on a cause", "Override", "Decide"),
    _meaning("a d l", "go to the alarms, the dashboard, the logs", "Alarms", "Dashboard", "Log tail", "Logs at that minute", "Follow its log group"),
    _meaning("A", "add to the known identities", "Known…"),
    _meaning("c", "acknowledge an alarm; take an incident, or begin one from a finding", "Acknowledge", "Take", "Respond"),
    _meaning("percent_sign", "count the lines of a log by what they share", "Tables"),
    _meaning("K", "the patterns of a log's lines", "Patterns", kin=True),
    _meaning("D M Y", "a day, a month, a fiscal year", "Day", "Month", "Fiscal year"),
    _meaning("e E w W", "next, previous error; next, previous warning in logs", "Next error", "Previous error", "Next warning", "Previous warning"),
    _meaning("left_parenthesis right_parenthesis", "previous, next bar of a log's histogram", "Previous bar", "Next bar", kin=True),
    _meaning("g", "report", "Report"),
    _meaning("H", "hand over an incident or the day's duty, or accept it", "Hand over"),
    _meaning("i", "inspect now; make the next look of an incident", "Inspect now", "Next look"),
    _meaning("I", "all lines of the request in a log line", "Request"),
    _meaning("L", "lowest level shown in a log", "Level"),
    _meaning("m", "mark (a Slack note as posted; somebody as told; a log line)", "Mark as posted", "Told", "Mark"),
    _meaning("o O", "another log group beside, or in this pane", "Another pane", "Log group"),
    _meaning("Q", "query logs with Logs Insights", "Query"),
    _meaning("p", "post to Slack", "Slack", "Send"),
    _meaning("P", "pause or follow a log", "Pause"),
    _meaning("f4", "Live Tail of a log", "Live Tail", kin=True),
    _meaning("r", "read AWS again: rerun, check an outcome", "Rerun", "Check", "Read again"),
    _meaning("R", "the original text (a log's JSON, AWS's English)", "Original text"),
    _meaning("s S", "sign off; sign off all normal", "Sign off", "Sign off all normal"),
    _meaning("u", "revert (undo a change)", "Revert"),
    _meaning("U", "UTC or JST", "JST/UTC"),
    _meaning("T", "times or ages", "Ages", kin=True),
    _meaning("v", "select lines", "Select lines"),
    _meaning("y", "copy", "Copy", kin=True),
    _meaning("x", "close a pane or an incident", "Close pane", "Close incident"),
    _meaning("z", "zoom a panel", "Zoom"),
    _meaning("number_sign", "sort a table by the column at the cursor; the numbers behind an incident's causes", "Sort", "Numbers"),
    _meaning("delete", "discard", "Discard", "Own columns"),
    _meaning("ctrl+j", "new line in a text field", "New line"),
    _meaning("ctrl+t", "toggle in a text field: what a note is attached to, evidence, how a search or filter reads, the language of a query", "Toggle subject", "Add evidence", "Switch", "Query language", kin=True),
    _meaning("ctrl+s", "save to a file", "Export", "Save"),
    _meaning("ctrl+w", "wrap lines in a log", "Wrap"),
    _meaning("f2", "the change that is suggested before or after this one", "Suggested change"),
    _meaning("f3", "what is saved: queries, layouts of the panes of a log", "Saved queries", "Layouts"),
    _meaning("f5 ctrl+r", "read everything again; run a query", "Refresh", "Plan again", "Run"),
    _meaning("ctrl+l", "redraw", "Redraw", kin=True),
    _meaning("f7", "approval: ask for it, record it; decline", "Approval", "Decline"),
    _meaning("f8", "note; on the report, a note on it", "Note", "Add note"),
    _meaning("f9", "arm writing, or back to read-only", "Arm"),
    _meaning("ctrl+q", "quit", "Quit"),
)  # fmt: skip
"""In the order of the page."""


def rows() -> list[list[Meaning]]:
    """The rows of the page: each meaning with its kin."""
    listed: list[list[Meaning]] = []
    for meaning in MEANINGS:
        if meaning.is_kin:
            listed[-1].append(meaning)
        else:
            listed.append([meaning])
    return listed


def reserved_key_warnings(keys: Mapping[str, str]) -> list[str]:
    """Return a warning for each reserved key that `keys`, in Textual's spelling by command, give to a command."""
    reserved = {key for meaning in MEANINGS if meaning.is_reserved for key in meaning.keys}
    words = _("[keys] {command}: {key} is reserved for the overview of several systems.")
    return [
        words.format(command=command, key=key_name(key))
        for command, text in keys.items()
        for key in text.split(",")
        if key in reserved
    ]
