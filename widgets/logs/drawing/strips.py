"""A strip is built once per line and format and cached, so that a frame costs only what is new in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from services.models import glyphs
from services.models.logs import Severity
from services.models.text import clean
from widgets.drawing.line_filters import LineFilters
from widgets.logs.drawing.styles import OWN_BACKGROUND
from widgets.logs.form.group_form import GroupForm
from widgets.logs.form.line_form import DRAWN_LIMIT, Span
from widgets.logs.form.source_forms import SourceForms
from widgets.logs.store.sources import colour_of, source_of
from widgets.logs.store.store import LogStore, StoredLine
from widgets.logs.text.search import SearchQuery
from widgets.logs.text.severity import LETTERS, severity_of
from widgets.logs.text.time import age_text, clock_text

_HIGHLIGHT_LIMIT = 200  # Matches highlighted in one line
_BREAK_REACH = 24  # Characters searched backwards for a space when a line is wrapped
_FEED = "\u240a"  # Stands for a line feed in a cleaned line
_FEED_LIMIT = 200  # Rows that begin after a line feed of one wrapped line at most


def sliced(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    parts: list[Span] = []
    place = 0
    for text, name in spans:
        if place >= end:
            break
        part = text[max(0, start - place) : end - place]
        if part:
            parts.append((part, name))
        place += len(text)
    return parts


def wrapped(spans: list[Span], width: int) -> list[list[Span]]:
    """`spans` in rows of at most `width` cells, broken at a space if one is near; at least one row."""
    plain = "".join([text for text, _name in spans])
    rows: list[list[Span]] = []
    start = feeds = 0
    while start < len(plain):
        end = start + max(1, len(chop_cells(plain[start : start + 2 * width + 16], width)[0]))
        feed = plain.find(_FEED, start, end - 1) if feeds < _FEED_LIMIT else -1
        if feed >= 0:
            feeds, end = feeds + 1, feed + 1
        elif end < len(plain):
            space = plain.rfind(" ", end - min(_BREAK_REACH, width // 3), end)
            end = space + 1 if space > start else end
        rows.append(sliced(spans, start, end))
        start = end
    return rows or [[]]


def has_match(spans: Sequence[Span], query: SearchQuery) -> bool:
    return bool(query.spans("".join([text for text, _name in spans])))


def highlighted(spans: list[Span], query: SearchQuery, name: str) -> list[Span]:
    plain = "".join([text for text, _name in spans])
    parts: list[Span] = []
    place = 0
    for start, end in query.spans(plain)[:_HIGHLIGHT_LIMIT]:
        parts += sliced(spans, place, start)
        parts.append((plain[start:end], name))
        place = end
    return [*parts, *sliced(spans, place, len(plain))]


HEAD_WIDTH = 16  # Gutter, twelve cells of time, a space, the severity letter, a space
GAP_WIDTH = 8  # A time since the line above, and a space
_CACHE_SIZE = 256
"""Lines whose strips are cached: those near the window. Each is a hundred objects, which garbage collection traverses."""
_MORE = "\u203a"


@dataclass(frozen=True)
class LogFormat:
    zone: tzinfo
    raw: bool = False  # The line as logged, instead of its columns
    wrap: bool = False
    relative: bool = False  # Ages instead of times of day
    gaps: bool = False  # Times since the line above instead of times of day
    gap_beside: bool = False  # Times since the line above beside the times of day
    shift: int = 0  # Cells scrolled to the right; 0 while wrapping

    @property
    def gap_width(self) -> int:
        return GAP_WIDTH if self.gap_beside and not (self.gaps or self.relative) else 0


def next_times(format: LogFormat) -> LogFormat:
    return replace(format, relative=not (format.relative or format.gaps), gaps=format.relative)


@dataclass(frozen=True)
class Accent:
    row: str = ""  # `cursor`, `range` or ""
    gutter: str = " "


class Painter:
    """Builds and caches the strips of lines for one width and one format."""

    def __init__(self, format: LogFormat, style: Callable[[str], Style]) -> None:
        self.format = format
        self.query: SearchQuery | None = None
        self.terms: tuple[tuple[SearchQuery, str], ...] = ()
        """Further texts to highlight, with the names of their styles."""
        self.forms = SourceForms()  # Which columns the lines have
        self.lead_width = 0  # Cells in front of the columns: the letters of sources
        self.width = 80
        self._filters = LineFilters()
        self._component = style
        self._styles: dict[tuple[str, str], Style] = {}
        self._cache: LRUCache[object, list[Strip]] = LRUCache(_CACHE_SIZE)

    def begin(self, store: LogStore) -> None:
        if self.forms.update(store, self.width - HEAD_WIDTH - self._lead):
            self.forget()

    @property
    def group_form(self) -> GroupForm:
        return self.forms.own

    @property
    def _lead(self) -> int:
        return self.lead_width + self.format.gap_width

    def forget(self) -> None:
        self._styles.clear()
        self._cache.clear()

    def suit(self, width: int, filters: LineFilters) -> None:
        if (width, filters) != (self.width, self._filters):
            self.width, self._filters = width, filters
            self.forget()

    def block(
        self, line: StoredLine, accent: Accent, now: int, stamp: str = "", gap: str = ""
    ) -> list[Strip]:
        """The rows of one line, each exactly `width` cells; `now` (epoch milliseconds) is for ages only.
        `stamp` stands in place of the time, `gap` beside it."""
        stamp = age_text(line.at, now) if self.format.relative else stamp
        key = (line.id, accent, stamp, gap)
        strips = self._cache.get(key)
        if strips is None:
            strips = self._cache[key] = self._build(line, accent, stamp, gap)
        return strips

    def rule(self, text: str, name: str) -> Strip:
        """A separator across the width: `── text ─────`."""
        key = (text, name)
        strips = self._cache.get(key)
        if strips is None:
            rule = set_cell_size(f"\u2500\u2500 {text} ", min(self.width, cell_len(text) + 4))
            rule += "\u2500" * (self.width - cell_len(rule))
            strips = self._cache[key] = [self._filtered([Segment(rule, self.style(name))], self.width)]
        return strips[0]

    def header(self) -> list[Strip]:
        titles = "" if self.format.raw else self.forms.header()
        if not titles:
            return []
        key = ("header", titles)
        strips = self._cache.get(key)
        if strips is None:
            shown = Strip([Segment(titles)]).crop(self.format.shift, self.format.shift + self.width).text
            row = set_cell_size(" " * (HEAD_WIDTH + self._lead) + shown, self.width)
            strips = self._cache[key] = [self._filtered([Segment(row, self.style("header"))], self.width)]
        return strips

    def blank(self) -> Strip:
        return Strip.blank(self.width, self.style("text"))

    def style(self, name: str, row: str = "") -> Style:
        """Among the terminal's 16 colours only the row's own foreground is readable on its background."""
        style = self._styles.get((name, row))
        if style is None:
            # Keys are too faint for the background of an accented row.
            style = self._component("log--value" if row and name == "key" else f"log--{name}")
            if row and name not in OWN_BACKGROUND:
                under = self._component(f"log--{row}")
                own = under.bgcolor is not None and under.bgcolor.is_system_defined
                style = style + Style(color=under.color if own else None, bgcolor=under.bgcolor)
            style = self._styles[name, row] = self._filters.style(style)
        return style

    def _filtered(self, segments: list[Segment], length: int) -> Strip:
        return Strip(self._filters.segments(segments), length)

    def _build(self, line: StoredLine, accent: Accent, stamp: str, gap: str) -> list[Strip]:
        severity = severity_of(line.text[:DRAWN_LIMIT].encode("utf-8", "replace"))
        stamp = f"{stamp:>12}" if stamp else clock_text(line.at, self.format.zone)
        letter = "plain" if severity is Severity.PLAIN else f"letter-{severity.name.lower()}"
        gutter: Span = (accent.gutter, "gutter")
        if line.late and accent.gutter == " ":
            gutter = (glyphs.LATE_LINE, "late")
        head = [gutter, (f"{stamp} ", "time"), (LETTERS[severity], letter), (" ", "text")]
        if gutter[0] == " ":
            head[:2] = [(f" {stamp} ", "time")]
        elif line.late and gutter[1] != "late":
            head[1:2] = [(stamp, "time"), (glyphs.LATE_LINE, "late")]
        width = max(1, self.width - HEAD_WIDTH)
        reach = DRAWN_LIMIT if self.format.wrap else 2 * (self.format.shift + width) + 64
        lead, body = self._body(line, severity.name.lower(), reach)
        lead = [*self._gap(gap), *_source(line), *lead]
        if self.format.wrap:
            return self._wrap(head, gutter, lead, body, accent.row)
        body = sliced(lead + body, 0, reach)
        body = self._highlighted(body)
        return [self._strip(head, self._cut(body, width, accent.row), accent.row)]

    def _gap(self, gap: str) -> list[Span]:
        width = self.format.gap_width
        return [(f"{gap:>{width - 1}} ", "time")] if width else []

    def _highlighted(self, spans: list[Span]) -> list[Span]:
        for query, name in self.terms:
            spans = highlighted(spans, query, name)
        return highlighted(spans, self.query, "match") if self.query is not None else spans

    def _wrap(
        self, head: list[Span], gutter: Span, lead: list[Span], body: list[Span], row: str
    ) -> list[Strip]:
        """The rows of a line; those below the first begin under its message if the columns leave room for that."""
        width = max(1, self.width - HEAD_WIDTH)
        indent = sum([cell_len(text) for text, _name in lead])
        if indent > width // 2:
            lead, body, indent = [], lead + body, 0
        lead, body = self._highlighted(lead), self._highlighted(body)
        pieces = wrapped(body, width - indent)
        below: list[Span] = [gutter, (" " * (HEAD_WIDTH - 1 + indent), "text")]
        return [
            self._strip([*head, *lead] if index == 0 else below, self._segments(piece, row), row)
            for index, piece in enumerate(pieces)
        ]

    def _body(self, line: StoredLine, severity: str, reach: int) -> tuple[list[Span], list[Span]]:
        if self.format.raw:
            return [], [(clean(line.text, DRAWN_LIMIT), severity)]
        layout = self.forms.of(line).layout
        lead, body = layout.body(line, severity, reach)
        if self.query is not None and not has_match(lead + body, self.query):
            body = layout.matching(line, self.query.spans) + body
        return lead, body

    def _cut(self, spans: list[Span], width: int, row: str) -> list[Segment]:
        start = self.format.shift
        plain = "".join([text for text, _name in spans])
        if plain.isascii():
            long = len(plain) > start + width
            segments = self._segments(sliced(spans, start, start + width - long), row)
        else:
            whole = Strip(self._segments(spans, row))
            long = whole.cell_length > start + width
            segments = list(whole.crop(start, start + width - long))
        if long:
            cells = sum([segment.cell_length for segment in segments])
            segments.append(Segment(" " * (width - 1 - cells) + _MORE, self.style("more", row)))
        return segments

    def _segments(self, spans: Sequence[Span], row: str) -> list[Segment]:
        return [Segment(text, self.style(name, row)) for text, name in spans if text]

    def _strip(self, head: list[Span], body: list[Segment], row: str) -> Strip:
        segments = [*self._segments(head, row), *body]
        length = sum([segment.cell_length for segment in segments])
        if length < self.width:
            segments.append(Segment(" " * (self.width - length), self.style("text", row)))
        strip = self._filtered(segments, max(length, self.width))
        return strip if length <= self.width else strip.crop(0, self.width)


def _source(line: StoredLine) -> list[Span]:
    letter = source_of(line.stream)
    return [(letter, f"source-{colour_of(letter)}"), (" ", "text")] if letter else []
