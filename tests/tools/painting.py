"""What the widgets ask to be painted anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from textual.geometry import Region
from textual.widget import Widget


class Asked(NamedTuple):
    """One widget asked for this once; no regions: for all it has."""

    widget: Widget
    regions: tuple[Region, ...]

    @property
    def kind(self) -> str:
        """The widget's class."""
        return type(self.widget).__name__

    @property
    def cells(self) -> int:
        """How many were asked for."""
        return sum(region.area for region in self.regions or (self.widget.size.region,))


@contextmanager
def painting() -> Iterator[list[Asked]]:
    """What is asked for within this block, by widgets on the screen that is shown."""
    paintings: list[Asked] = []
    refresh = Widget.refresh

    def watched(
        widget: Widget, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Widget:
        if repaint and widget.is_attached and widget.screen is widget.app.screen:
            paintings.append(Asked(widget, regions))
        return refresh(widget, *regions, repaint=repaint, layout=layout, recompose=recompose)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Widget, "refresh", watched)
        yield paintings
