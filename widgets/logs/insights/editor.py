from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import TextArea

from services.i18n import N_
from services.models.insights_queries import LONGEST_TEXT, QueryLanguage
from services.models.text import clean_block
from widgets.drawing.lines import LineStyles
from widgets.logs.insights.tokens import completion, role_spans


class QueryEditor(TextArea):
    """Completes the word at the cursor with → ; Escape leaves it."""

    DEFAULT_CSS = """
    QueryEditor {
        height: auto; min-height: 3; max-height: 12; border: none; padding: 0 1; background: $panel;
        scrollbar-size-vertical: 1;
        &:focus { border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", N_("Back"), show=False)]

    class Left(Message):
        pass

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        # The text area draws while it is made.
        self.language_of_query = QueryLanguage.LOGSQL
        self.fields: tuple[str, ...] = ()  # Names of the fields of the log groups, for completing
        self.error_place: tuple[int, int] | None = None
        """Line and column of what does not compile; None: nothing is known."""
        self._line_styles = LineStyles(self)
        super().__init__(
            clean_block(text, LONGEST_TEXT),
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            compact=True,
            highlight_cursor_line=False,
        )
        self.cursor_blink = False

    def use_language(self, language: QueryLanguage) -> None:
        self.language_of_query = language
        self._draw_anew()

    def show_error(self, place: tuple[int, int] | None) -> None:
        self.error_place = place
        if place is not None:
            row = min(place[0], self.document.line_count - 1)
            self.move_cursor((row, min(place[1], len(self.document.get_line(row)))))
        self._draw_anew()

    def _draw_anew(self) -> None:
        self._line_cache.clear()
        self.refresh()

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        is_plain = self.language_of_query is not QueryLanguage.LOGSQL
        for start, end, role in () if is_plain else role_spans(line.plain):
            line.stylize(self._line_styles.style(role), start, end)
        if self.error_place is not None and self.error_place[0] == line_index:
            column = min(self.error_place[1], max(0, len(line.plain) - 1))
            end = column + 1
            while end < len(line.plain) and line.plain[end].isalnum():
                end += 1
            line.stylize(self._line_styles.style("alert"), column, end)
        return line

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._line_styles.forget()

    def update_suggestion(self) -> None:
        row, column = self.cursor_location
        line = self.document.get_line(row)
        self.suggestion = (
            ""
            if self.selected_text or self.language_of_query is not QueryLanguage.LOGSQL
            else completion(line[:column], line[column:], self.fields)
        )

    def on_key(self, event: Key) -> None:
        """Handle Escape here: the text area would drop the focus without a word."""
        if event.key == "escape":
            event.prevent_default()
            event.stop()
            self.action_leave()

    def on_paste(self, event: Paste) -> None:
        """Put the clipboard in place of the selection, without control characters, which a terminal would obey."""
        event.prevent_default()
        event.stop()
        self.replace(clean_block(event.text, LONGEST_TEXT), *self.selection)

    def action_leave(self) -> None:
        self.post_message(self.Left())
