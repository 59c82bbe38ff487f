"""The keys of a log pane. Digits stay free for the modes, `:` for the console's own jump."""

from textual.binding import Binding, BindingType

from services.i18n import N_
from services.models.logs import Severity

_THRESHOLDS = (
    ("D", Severity.DEBUG, N_("DEBUG+")),
    ("I", Severity.INFO, N_("INFO+")),
    ("W", Severity.WARNING, N_("WARNING+")),
    ("E", Severity.ERROR, N_("ERROR+")),
    ("F", Severity.FATAL, N_("FATAL")),
)
"""The severity letters in upper case; the same key again shows all lines."""


def _hidden(key: str, action: str, title: str, name: str) -> Binding:
    return Binding(key, action, title, show=False, id=f"log.{name}")


LOG_BINDINGS: list[BindingType] = [
    Binding("slash", "search", N_("search"), id="log.search"),
    Binding("n", "next_match", N_("next"), id="log.next"),
    Binding("N", "previous_match", N_("previous"), id="log.previous"),
    Binding("f", "pattern", N_("filter"), id="log.pattern"),
    Binding("p", "pause", N_("pause"), id="log.pause"),
    Binding("end,G", "go_end", N_("newest"), id="log.end"),
    Binding("enter", "open", N_("detail"), id="log.open"),
    Binding("r", "toggle_raw", N_("raw"), id="log.raw"),
    Binding("w", "toggle_wrap", N_("wrap"), id="log.wrap"),
    Binding("at", "ask_time", N_("go to time"), id="log.time"),
    Binding("v", "mark", N_("mark lines"), id="log.mark"),
    Binding("y", "copy", N_("copy"), id="log.copy"),
    _hidden("g", "pick_group", N_("log group"), "group"),
    _hidden("t", "toggle_relative", N_("ages"), "relative"),
    _hidden("s", "toggle_stream", N_("task"), "stream"),
    _hidden("escape", "back", N_("back"), "back"),
    _hidden("up,k", "cursor(-1)", N_("line up"), "up"),
    _hidden("down,j", "cursor(1)", N_("line down"), "down"),
    _hidden("pageup,b", "page(-1)", N_("page up"), "page-up"),
    _hidden("pagedown,space", "page(1)", N_("page down"), "page-down"),
    _hidden("home", "go_start", N_("oldest"), "start"),
    _hidden("left,h", "shift(-1)", N_("scroll left"), "left"),
    _hidden("right", "shift(1)", N_("scroll right"), "right"),
    *[
        _hidden(key, f"threshold({int(severity)})", title, f"threshold-{severity.name.lower()}")
        for key, severity, title in _THRESHOLDS
    ],
]
