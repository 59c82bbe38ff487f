"""The layout of the watch mode's panels as a stylesheet: stacked, in two columns, or one at a time."""

from collections.abc import Iterable, Sequence

from tui.panel_registry import PanelSpec

MOST_ROWS = 13
"""Maximum height of a panel whose height is `auto`."""
MOST_WIDE_ROWS = 24
"""The same on a wide screen."""
_ALONE = ("-short", "-narrow", "-zoom")
"""The screen's classes for showing one panel at a time."""


def stylesheet(panels: Sequence[PanelSpec]) -> str:
    """The rules for `WatchScreen`, whose `#panels` contains `panels` in their order."""
    column = [panel for panel in panels if panel.wide_row]
    wide_rows = " ".join(panel.wide_row for panel in column)
    alone = ", ".join(f"&.{name} #panels" for name in _ALONE)
    each_alone = ", ".join(f"&.{name} #{panel.id}" for name in _ALONE for panel in panels)
    return f"""
    WatchScreen {{
        #panels {{ layout: grid; grid-size: 1 {len(panels)}; grid-rows: {_rows(panels)}; height: 1fr; }}
        {" ".join(_bounds(panels))}
        #panels > .-off {{ display: none; }}
        &.-wide #panels {{ grid-size: 2 {len(column)}; grid-columns: 2fr 3fr; grid-rows: {wide_rows}; }}
        {" ".join(_wide(panels, len(column)))}
        {alone} {{ grid-size: 1 1; grid-columns: 1fr; grid-rows: 1fr; }}
        {each_alone} {{ height: 1fr; max-height: 100%; row-span: 1; }}
    }}
    """


def _rows(panels: Iterable[PanelSpec]) -> str:
    return " ".join(panel.row for panel in panels)


def _bounds(panels: Iterable[PanelSpec]) -> Iterable[str]:
    for panel in panels:
        if panel.row == "auto":
            yield f"#{panel.id} {{ height: auto; max-height: {MOST_ROWS}; }}"


def _wide(panels: Iterable[PanelSpec], rows: int) -> Iterable[str]:
    for panel in panels:
        if panel.wide_row == "auto":
            yield f"&.-wide #{panel.id} {{ height: auto; max-height: {MOST_WIDE_ROWS}; }}"
        elif not panel.wide_row:
            yield f"&.-wide #{panel.id} {{ row-span: {rows}; }}"
        elif panel.row == "auto":
            yield f"&.-wide #{panel.id} {{ height: 1fr; max-height: 100%; }}"
