"""Tiles without curves: text, alarms, log queries, and kinds that the console does not draw."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from services.i18n import N_, _, plural
from services.models import dashboards as model
from services.models import glyphs
from services.models.alarms import Alarm, AlarmState
from widgets.dashboards.tile import AnyWidget, Tile
from widgets.dashboards.value_tiles import MetricTile, limit_lines
from widgets.drawing.format import NOTHING, crop_middle, stamp, wrap
from widgets.drawing.lines import Line, Span, fit, plain, width_of
from widgets.drawing.markdown import markdown_lines
from widgets.drawing.state_styles import ALARM_STYLES

_FIRST = 4
"""Lines of a text that its folded form begins with."""
_LONG = 400
"""Width in which no line of a text is wrapped, in cells."""
_WORST_FIRST = (AlarmState.ALARM, AlarmState.MISSING, AlarmState.INSUFFICIENT, AlarmState.OK)


class TextTile(Tile):
    """Markdown text, without a head unless the widget has a title."""

    def body(self, width: int, height: int) -> Sequence[Line]:
        source = self.widget.markdown if isinstance(self.widget, model.TextWidget) else ""
        return limit_lines(markdown_lines(source, width), height, N_("+{count} more lines"))

    def fold(self, width: int) -> Line:
        """Its first lines, one after the other."""
        source = self.widget.markdown if isinstance(self.widget, model.TextWidget) else ""
        texts = [text for text in plain(markdown_lines(source, _LONG)[:_FIRST]) if text.strip()]
        if self.widget.title:
            texts.insert(0, self.widget.title)
        lead, rest = texts[:1], texts[1:]
        return [
            *((text.strip(), "title") for text in lead),
            *(("  " + text.strip(), "muted") for text in rest),
        ]

    def draw(self, width: int, height: int) -> list[Line]:
        """Head and text, or without a title the text alone, with a mark while focused."""
        if self.widget.title or height == 1:
            return super().draw(width, height)
        mark: Span = ("▌ " if self.has_focus else "  ", "rule-focus")
        lines: list[Line] = [
            [(f"{glyphs.ATTENTION} ", "warn"), (remark, "muted")] for remark in self.widget.remarks
        ]
        lines += self.body(width - 2, max(0, height - len(lines)))
        return [[mark, *line] for line in lines]


class AlarmTile(Tile):
    def title(self) -> str:
        return self.widget.title or _("Alarms")

    def fold(self, width: int) -> Line:
        """That its alarms are in the list of alarms; of others how many are in each state."""
        alarms = self.data.alarms
        head: Span = (self.title() + "  ", "title")
        if alarms and all(alarm.arn in self.listed for alarm in alarms):
            words = plural(
                "{count} alarm, in the list of alarms", "{count} alarms, in the list of alarms", len(alarms)
            )
            return [head, (words.format(count=len(alarms)), "muted")]
        if self.data.problem or not alarms:
            words = self.data.problem or _("none of its alarms to show")
            return [head, (words, "warn")]
        spans: list[Span] = [head]
        for state in _WORST_FIRST:
            count = sum(alarm.state is state for alarm in alarms)
            style = ALARM_STYLES[state]
            spans += [(f"{style.text} {count}", style.role), ("  ", "")] if count else []
        return spans

    def body(self, width: int, height: int) -> Sequence[Line]:
        """A row per alarm: state, name, since when; the firing ones come first if not all fit."""
        lines = self._rows(width, height)
        if isinstance(self.widget, model.AlarmWidget) and not lines:
            words = _("none of its {count} alarms to show").format(count=len(self.widget.alarm_ids))
            lines = [[(text, "warn")] for text in wrap(words, width)]
        return limit_lines(lines, height)

    def _rows(self, width: int, height: int) -> list[Line]:
        alarms = list(self.data.alarms)
        if len(alarms) > height:
            alarms.sort(key=lambda alarm: _WORST_FIRST.index(alarm.state))
        word = max((width_of([(ALARM_STYLES[alarm.state].text, "")]) for alarm in alarms), default=0)
        names = max((cell_len(alarm.name) for alarm in alarms), default=0)
        since = self._since(alarms, width - word - names - 2)
        room = max(1, width - word - 1 - max((len(text) + 1 for text in since if text), default=0))
        lines: list[Line] = []
        for alarm, text in zip(alarms, since, strict=True):
            style = ALARM_STYLES[alarm.state]
            name = fit([(crop_middle(alarm.name, room), "")], room)
            lines.append(
                [
                    *fit([(style.text, style.role)], word),
                    (" ", ""),
                    *name,
                    (f" {text}" if text else "", "muted"),
                ]
            )
        return lines

    def _since(self, alarms: Sequence[Alarm], room: int) -> list[str]:
        """Since when the alarms are in their states: with the zone, without it, or "", as `room` allows."""
        now = datetime.fromtimestamp(self.data.end, UTC) if self.data.end else None
        for with_zone in (True, False):
            texts = [
                stamp(each.since, self.zone, now, name=with_zone) if each.since else NOTHING
                for each in alarms
            ]
            if max(map(len, texts), default=0) <= room:
                return texts
        return [""] * len(alarms)


class LogTile(Tile):
    """A Logs Insights query: shown, but never run."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("l", "follow", N_("Follow its log group"), show=True)]

    @dataclass
    class Follow(Message):
        """The operator wants to follow the log group that the query reads."""

        group: str

    def body(self, width: int, height: int) -> Sequence[Line]:
        query = self.widget.query if isinstance(self.widget, model.LogWidget) else ""
        words = _(
            "It is never run automatically: AWS charges every run by the bytes scanned. l follows its "
            "log group."
        )
        lines: list[Line] = [[(text, "muted")] for text in wrap(words, width)]
        lines.append([])
        lines += [[(text, "code")] for line in query.split("\n") for text in wrap(line.strip(), width)]
        return limit_lines(lines, height)

    def action_follow(self) -> None:
        """Request the tail of the first log group in the query."""
        if isinstance(self.widget, model.LogWidget) and (match := _SOURCE.search(self.widget.query)):
            self.post_message(self.Follow(match[1]))


class UnknownTile(Tile):
    """A kind of widget that the console does not draw: named, never dropped."""

    def body(self, width: int, height: int) -> Sequence[Line]:
        kind = self.widget.kind if isinstance(self.widget, model.UnknownWidget) else ""
        words = _("The console cannot draw widgets of type “{kind}”; see it in the AWS console.")
        return [[(text, "muted")] for text in wrap(words.format(kind=kind), width)]


_SOURCE = re.compile(r"SOURCE\s+'([^']+)'", re.IGNORECASE)
"""Matches the log group of a query, as dashboards write it."""

_TILES: dict[type[model.Widget], type[Tile]] = {
    model.MetricWidget: MetricTile,
    model.TextWidget: TextTile,
    model.AlarmWidget: AlarmTile,
    model.LogWidget: LogTile,
}


def tile_type(widget: AnyWidget) -> type[Tile]:
    """The tile that draws this kind of widget."""
    return _TILES.get(type(widget), UnknownTile)
