"""A scrolled view without a scroll bar that has nothing to scroll."""

from textual.scroll_view import ScrollView


class ScrolledRows(ScrollView):
    """Textual's view of lines; Textual keeps the scroll bar of lines that have become so few that they fit exactly."""

    def watch_virtual_size(self) -> None:
        """Remove the scroll bar of lines that fit."""
        if self.show_vertical_scrollbar and not self.max_scroll_y:
            self._scroll_update(self.virtual_size)
