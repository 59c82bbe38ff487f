"""The forms of a pane's lines: one for a pane of one log group, else one for each source by its letter."""

from services.models.logs import LogLine
from widgets.logs.form.group_form import LAST_SAMPLE, SAMPLE, FormChoice, GroupForm, sampled_rows
from widgets.logs.store.sources import source_of
from widgets.logs.store.store import LogStore, StoredLine

_LINES_A_SOURCE = 3
"""How many times SAMPLE lines are looked at for each source, so that one with few of the lines has a sample, too."""


class SourceForms:
    def __init__(self) -> None:
        self.own = GroupForm()  # The form of lines without a letter
        self._sources: dict[str, GroupForm] = {}
        self._size = 0  # Number of lines held when the last sample was taken
        self._width = 0

    def choose(self, choice: FormChoice, letter: str = "") -> None:
        """Let the lines of a source ("": of the pane's only one) follow another choice."""
        form = self._sources.setdefault(letter, GroupForm()) if letter else self.own
        form.choose(choice)
        self._width = 0

    def of(self, line: StoredLine | LogLine) -> GroupForm:
        form = self._sources.get(source_of(line.stream), self.own) if self._sources else self.own
        if self._sources and not form.sample.size:
            form.take([line.text], 1)
            form.fit(self._width)
        return form

    def update(self, store: LogStore, width: int) -> bool:
        """Take what is new into account; True if lines must be drawn anew. `width`: of a row, without time and level."""
        if not self._sources:
            return self.own.update(store, width)
        size = len(store)
        is_new = size > 0 and (self._size == 0 or (size >= 2 * self._size and self._size < LAST_SAMPLE))
        if not is_new and width == self._width:
            return False
        if is_new:
            self._size = size
            self._take_samples(store)
        self._width = width
        changes = [form.fit(width) for form in self._forms]
        return any(changes)

    def header(self) -> str:
        """The names of the columns, where all lines have the same ones; "" otherwise."""
        headers = {form.layout.header() for form in self._forms if form.sample.size}
        return headers.pop() if len(headers) == 1 else ""

    @property
    def _forms(self) -> list[GroupForm]:
        return [self.own, *self._sources.values()]

    def _take_samples(self, store: LogStore) -> None:
        texts: dict[str, list[str]] = {}
        for row in sampled_rows(store, _LINES_A_SOURCE * SAMPLE * len(self._forms)):
            line = store.line(row)
            of_source = texts.setdefault(source_of(line.stream), [])
            if len(of_source) < SAMPLE:
                of_source.append(line.text)
        for letter, lines in texts.items():
            self._sources.get(letter, self.own).take(lines, len(store))
