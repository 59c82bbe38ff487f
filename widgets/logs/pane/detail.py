"""One log line in full: JSON indented and wrapped, with times and stream."""

import json
from datetime import date, tzinfo

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from services.i18n import _
from services.models.date_text import day_text
from services.models.text import clean, clean_block
from widgets.logs.form.json_lines import parsed as parse
from widgets.logs.store.store import StoredLine
from widgets.logs.text.time import clock_text, local_day, moment, span_text

_LIMIT = 32_768
_DEPTH = 24


class LogDetail(VerticalScroll):
    """Hidden until it is opened; then shows the line at the cursor."""

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
        self._content: tuple[StoredLine, tzinfo] | None = None
        self.can_focus = False

    def on_mount(self) -> None:
        """Mount the body."""
        self.mount(self._body)

    def show(self, line: StoredLine, zone: tzinfo, today: date) -> None:
        """Show `line`; does nothing if it is shown already."""
        self.display = True
        if self._content == (line, zone):
            return
        self._content = (line, zone)
        self._body.update(Content("\n").join([_head(line, zone, today), _text(line.text)]))
        self.scroll_home(animate=False)

    def close(self) -> None:
        """Disappear."""
        self.display = False
        self._content = None


def _head(line: StoredLine, zone: tzinfo, today: date) -> Content:
    day = day_text(local_day(line.at, zone), today)
    when = f"{day} {clock_text(line.at, zone)} {moment(line.at).astimezone(zone).tzname()}"
    parts = [Content.styled(when, "bold"), Content.styled(clean(line.stream), "$text-secondary")]
    delay = _("ingested after {span}").format(span=span_text(line.ingested_at - line.at))
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
    """Append one `key  value` per line, nested objects indented; line breaks in values are preserved."""
    width = max((len(clean(key)) for key, item in value.items() if not isinstance(item, dict)), default=0)
    for key, item in value.items():
        name = clean(key, 80)
        if isinstance(item, dict) and item and depth < _DEPTH:
            lines.append(Content.styled(f"{indent}{name}", "$text-accent"))
            _lay_out(item, indent + "  ", depth + 1, lines)
            continue
        text = _value(item, indent + " " * (min(width, 24) + 2))
        lines.append(Content.assemble((f"{indent}{name:<{min(width, 24)}}  ", "$text-accent"), text))


def _value(item: object, indent: str) -> Content:
    if isinstance(item, str):
        return Content(clean_block(item, _LIMIT).replace("\n", "\n" + indent))
    text = clean(json.dumps(item, ensure_ascii=False), _LIMIT)
    return Content.styled(text, "$text-warning" if isinstance(item, int | float) else "$text-muted")
