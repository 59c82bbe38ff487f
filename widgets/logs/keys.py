"""The keys of a log pane. Digits stay free for the modes, `:` for the console's own jump."""

from textual.binding import Binding, BindingType

from services.i18n import N_


def _hidden(key: str, action: str, title: str, name: str) -> Binding:
    return Binding(key, action, title, show=False, id=f"log.{name}")


LOG_BINDINGS: list[BindingType] = [
    Binding("slash", "search", N_("search"), id="log.search"),
    Binding("f", "pattern", N_("filter"), id="log.pattern"),
    Binding("P", "pause", N_("pause"), id="log.pause"),
    Binding("enter", "open", N_("detail"), id="log.open"),
    Binding("L", "choose_level", N_("level"), id="log.level"),
    Binding("at", "ask_time", N_("go to time"), id="log.time"),
    Binding("y", "copy", N_("copy"), id="log.copy"),
    Binding("v", "mark", N_("mark lines"), id="log.mark"),
    Binding("n", "next_match", N_("next"), id="log.next"),
    Binding("N", "previous_match", N_("previous"), id="log.previous"),
    Binding("end,G", "go_end", N_("newest"), id="log.end"),
    Binding("ctrl+w", "toggle_wrap", N_("wrap"), id="log.wrap"),
    Binding("R", "toggle_raw", N_("raw"), id="log.raw"),
    _hidden("O", "pick_group", N_("log group"), "group"),
    _hidden("T", "toggle_relative", N_("ages"), "relative"),
    _hidden("C", "toggle_stream", N_("task"), "stream"),
    _hidden("escape", "back", N_("back"), "back"),
    _hidden("up,k", "cursor(-1)", N_("line up"), "up"),
    _hidden("down,j", "cursor(1)", N_("line down"), "down"),
    _hidden("pageup,b", "page(-1)", N_("page up"), "page-up"),
    _hidden("pagedown,space", "page(1)", N_("page down"), "page-down"),
    _hidden("home", "go_start", N_("oldest"), "start"),
    _hidden("left", "shift(-1)", N_("scroll left"), "left"),
    _hidden("right", "shift(1)", N_("scroll right"), "right"),
]
"""In the order in which the footer shows them: the least important first to give way."""
