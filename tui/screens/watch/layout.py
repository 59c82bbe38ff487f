"""The layout of the watch mode's panels as a stylesheet: brief, stacked, in two columns, or one panel alone."""

from collections.abc import Iterable, Sequence

from tui.panel_registry import PanelSpec

SHORT, WIDE = "-short", "-wide"
"""The screen's classes for few rows and for many columns."""
ALONE = "-zoom"
"""The screen's class for showing one panel alone."""
_MOST, _MOST_WIDE, _MOST_SHORT = 13, 30, 11
"""Maximum height of a panel whose height is `auto`: stacked, on a wide screen, on one with few rows."""
_FRAME = 3
"""Rows of header, alarm strip and key bar."""
_CHARTS = 19
"""Rows in which two rows of charts are readable, with the panel's head and one line of folded tiles."""
_LOG = 9
"""Rows of the log tail."""


def alarm_room(height: int, *, is_short: bool, is_wide: bool) -> int:
    """Rows that the list of alarms may take on a screen of `height` rows before normal alarms are folded."""
    if is_short:
        return 0
    body = height - _FRAME - 1
    return body - (_LOG if is_wide else _CHARTS + _LOG)


def stylesheet(panels: Sequence[PanelSpec]) -> str:
    """The rules for `WatchScreen`, whose `#panels` contains `panels` in their order."""
    rows = " ".join(panel.row for panel in panels)
    column = [panel for panel in panels if panel.wide_row]
    brief = [panel for panel in panels if panel.short_row]
    wide_rows = " ".join(panel.wide_row for panel in column)
    short_rows = " ".join(panel.short_row for panel in brief)
    each_alone = ", ".join(f"&.{ALONE} #{panel.id}" for panel in panels)
    return f"""
    WatchScreen {{
        #panels {{ layout: grid; grid-size: 1 {len(panels)}; grid-rows: {rows}; height: 1fr; }}
        {" ".join(_bounds(panels))}
        #panels > .-off {{ display: none; }}
        &.{WIDE} #panels {{ grid-size: 2 {len(column)}; grid-columns: 2fr 3fr; grid-rows: {wide_rows}; }}
        {" ".join(_wide(panels, len(column)))}
        &.{SHORT} #panels {{ grid-size: 1 {len(brief)}; grid-columns: 1fr; grid-rows: {short_rows}; }}
        {" ".join(_short(panels))}
        &.{ALONE} #panels {{ grid-size: 1 1; grid-columns: 1fr; grid-rows: 1fr; }}
        {each_alone} {{ height: 1fr; max-height: 100%; row-span: 1; }}
    }}
    """


def _bounds(panels: Iterable[PanelSpec]) -> Iterable[str]:
    for panel in panels:
        if panel.row == "auto":
            yield f"#{panel.id} {{ height: auto; max-height: {_MOST}; }}"


def _wide(panels: Iterable[PanelSpec], rows: int) -> Iterable[str]:
    for panel in panels:
        if panel.wide_row == "auto":
            yield f"&.{WIDE} #{panel.id} {{ height: auto; max-height: {_MOST_WIDE}; }}"
        elif not panel.wide_row:
            yield f"&.{WIDE} #{panel.id} {{ row-span: {rows}; }}"
        elif panel.row == "auto":
            yield f"&.{WIDE} #{panel.id} {{ height: 1fr; max-height: 100%; }}"


def _short(panels: Iterable[PanelSpec]) -> Iterable[str]:
    for panel in panels:
        if panel.short_row == "auto":
            yield f"&.{SHORT} #{panel.id} {{ height: auto; min-height: 1; max-height: {_MOST_SHORT}; row-span: 1; }}"
        elif panel.short_row:
            yield f"&.{SHORT} #{panel.id} {{ height: 1fr; max-height: 100%; row-span: 1; }}"
