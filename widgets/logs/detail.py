"""One log line in full: its JSON laid out, wrapped, with its times and its stream."""

import json
from datetime import tzinfo

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from services.i18n import _
from services.models.text import clean, clean_block
from widgets.logs.format import parse
from widgets.logs.store import StoredLine
from widgets.logs.time import clock_text, day_text, moment, span_text

_LIMIT = 32_768
_DEPTH = 24


class LogDetail(VerticalScroll):
    """Hidden until a line is opened; then follows the cursor."""

    DEFAULT_CSS = """
    LogDetail {
        height: 40%; min-height: 5; display: none; background: $panel; padding: 0 1;
        border-top: solid $accent; scrollbar-size-vertical: 1;
        & Static { width: 1fr; height: auto; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._body = Static()
        self._shown: tuple[StoredLine, tzinfo] | None = None
        self.can_focus = False

    def on_mount(self) -> None:
        """Take the body in."""
        self.mount(self._body)

    def show(self, line: StoredLine, zone: tzinfo) -> None:
        """Show `line`; costs nothing when it is shown already."""
        self.display = True
        if self._shown == (line, zone):
            return
        self._shown = (line, zone)
        self._body.update(Content("\n").join([_head(line, zone), _text(line.text)]))
        self.scroll_home(animate=False)

    def close(self) -> None:
        """Disappear."""
        self.display = False
        self._shown = None


def _head(line: StoredLine, zone: tzinfo) -> Content:
    when = (
        f"{day_text(line.at, zone)} {clock_text(line.at, zone)} {moment(line.at).astimezone(zone).tzname()}"
    )
    parts = [Content.styled(when, "bold"), Content.styled(clean(line.stream), "$text-secondary")]
    delay = _("ingested after {span}").format(span=span_text(line.seen - line.at))
    parts.append(Content.styled(delay, "$text-accent" if line.late else "$text-muted"))
    return Content("  ").join([part for part in parts if part])


def _text(text: str) -> Content:
    value = parse(text)
    if value is None:
        return Content(clean(text, _LIMIT))
    lines: list[Content] = []
    _lay_out(value, "", 0, lines)
    return Content("\n").join(lines)


def _lay_out(value: dict[str, object], indent: str, depth: int, lines: list[Content]) -> None:
    """`key  value` per line, nested objects indented; texts of several lines keep them."""
    width = max((len(clean(key)) for key, item in value.items() if not isinstance(item, dict)), default=0)
    for key, item in value.items():
        name = clean(key, 80)
        if isinstance(item, dict) and item and depth < _DEPTH:
            lines.append(Content.styled(f"{indent}{name}", "$text-accent"))
            _lay_out(item, indent + "  ", depth + 1, lines)
            continue
        shown = _value(item, indent + " " * (min(width, 24) + 2))
        lines.append(Content.assemble((f"{indent}{name:<{min(width, 24)}}  ", "$text-accent"), shown))


def _value(item: object, indent: str) -> Content:
    if isinstance(item, str):
        return Content(clean_block(item, _LIMIT).replace("\n", "\n" + indent))
    text = clean(json.dumps(item, ensure_ascii=False), _LIMIT)
    return Content.styled(text, "$text-warning" if isinstance(item, int | float) else "$text-muted")
