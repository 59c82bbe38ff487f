"""The keys of a log pane. Digits stay free for the modes, `:` for the console's own jump."""

from textual.binding import Binding, BindingType

from services.i18n import N_
from widgets.frame.key_names import without_key


def _shown(key: str, action: str, title: str, name: str, help: str) -> Binding:
    return Binding(key, action, title, id=f"log.{name}", tooltip=help)


def _hidden(key: str, action: str, title: str, name: str, help: str = "") -> Binding:
    return Binding(key, action, title, show=False, id=f"log.{name}", tooltip=help)


LOG_BINDINGS: list[BindingType] = [
    _shown("slash", "search", N_("Search"), "search", N_("Search the lines in memory; ^t for a regular expression")),
    _shown("f", "pattern", N_("Filter"), "pattern", N_("Show only lines that match a filter pattern of CloudWatch Logs, or a text here; ^t hides")),
    _shown("P", "pause", N_("Pause"), "pause", N_("Stop the lines where they are, or follow again")),
    _shown("enter", "open", N_("Detail"), "open", N_("Show the line at the cursor in full")),
    _shown("L", "choose('level')", N_("Level"), "level", N_("Choose the lowest level that is shown")),
    _shown("at", "ask_time", N_("Go to time"), "time", N_("Go to a time: 9:12, 11-25 9:12, -15m")),
    _shown("y", "copy", N_("Copy"), "copy", N_("Copy the line at the cursor, or the selected lines")),
    _shown("v", "mark", N_("Select lines"), "mark", N_("Select lines from the cursor on")),
    _shown("n", "read('match', 1)", N_("Next match"), "next", N_("Go to the next or previous match")),
    _shown("N", "read('match', -1)", N_("Previous match"), "previous", N_("Go to the next or previous match")),
    _shown("end,G", "go_end", N_("Newest"), "end", N_("Go to the newest line and follow")),
    _shown("ctrl+w", "reformat('wrap')", N_("Wrap"), "wrap", N_("Wrap long lines, or cut them")),
    _shown("R", "reformat('raw')", N_("Original text"), "raw", N_("Show the lines as they were logged, or by their fields")),
    _shown("e", "read('error', 1)", N_("Next error"), "next-error", N_("Go to the next or previous error; while following, to the newest")),
    _shown("left_parenthesis", "read('bar', -1)", N_("Previous bar"), "previous-bar", N_("Go to the previous or next bar of the histogram")),
    _shown("right_parenthesis", "read('bar', 1)", N_("Next bar"), "next-bar", N_("Go to the previous or next bar of the histogram")),
    _shown("less_than_sign", "read('context', -1)", N_("Less context"), "less-context", N_("Show fewer or more lines around those that level and filters leave")),
    _shown("greater_than_sign", "read('context', 1)", N_("More context"), "more-context", N_("Show fewer or more lines around those that level and filters leave")),
    _hidden(without_key("highlight"), "read('highlight')", N_("Keep highlighted"), "highlight", N_("Keep the searched text highlighted beside other searches, or no longer")),
    _shown("K", "tool('patterns')", N_("Patterns"), "patterns", N_("List the patterns of the lines in memory, with counts and times")),
    _shown("F", "tool('filters')", N_("Filters"), "filters", N_("List the filters here and what is highlighted; switch them off singly")),
    _hidden(without_key("range"), "tool('range')", N_("Histogram of a range"), "range", N_("Count any range by level with one query of Logs Insights; its price first")),
    _hidden("E", "read('error', -1)", N_("Previous error"), "previous-error", N_("Go to the next or previous error; while following, to the newest")),
    _hidden("w", "read('warning', 1)", N_("Next warning"), "next-warning", N_("Go to the next or previous warning")),
    _hidden("W", "read('warning', -1)", N_("Previous warning"), "previous-warning", N_("Go to the next or previous warning")),
    _hidden("O", "choose('group')", N_("Log group"), "group", N_("Follow another log group in this pane")),
    _hidden("T", "reformat('relative')", N_("Ages"), "relative", N_("Show ages, then the gaps between lines, in place of times")),
    _hidden("escape", "back", N_("Back"), "back", N_("Close the detail, selection, search, counted range and filters here, one at a time")),
    _hidden("up,k", "cursor(-1)", N_("Line up"), "up"),
    _hidden("down,j", "cursor(1)", N_("Line down"), "down"),
    _hidden("pageup,b", "page(-1)", N_("Page up"), "page-up"),
    _hidden("pagedown,space", "page(1)", N_("Page down"), "page-down"),
    _hidden("home", "go_start", N_("Oldest"), "start", N_("Go to the oldest line")),
    _hidden("left", "shift(-1)", N_("Scroll left"), "left"),
    _hidden("right", "shift(1)", N_("Scroll right"), "right"),
]  # fmt: skip
"""In the order in which the footer shows them: the least important first to give way."""
