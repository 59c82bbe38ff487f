"""Which form the lines of a pane have, and the columns for it: chosen by the reader, else named, else
recognised. The fields that lines have are read from a sample of the lines held, again while their number
doubles; so neither the first line nor a rare one decides, and the columns do not move while lines arrive."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import cast, get_args

from rich.cells import cell_len

from services.i18n import _
from services.models.logs import LogFormId
from services.models.text import clean
from widgets.logs.form.layout import REST, STREAM, UNNAMED, ColumnLayout, FormColumn, fitted
from widgets.logs.form.line_form import LineForm, LineParts, Role, flat
from widgets.logs.form.values import text_of
from widgets.logs.store.store import LogStore

SAMPLE = 40
"""Lines read for a sample at most: parsing JSON lines takes 0.1 ms each, which must not delay a key."""
SAMPLE_CHARACTERS = 64_000  # Characters of these lines together, after which no more are read
REACH = 4_000  # The sample is taken from so many of the newest lines
LAST_SAMPLE = 8_000  # No new sample is taken from so many lines on
_SHARE = 0.5  # Share of the lines that must have a form
_ENOUGH = 0.05  # Share of the lines that must have a field for it to be a default column
_TASK_WIDTH = 18
_MOST_FIELDS = 300
_MOST_COLUMNS, _WIDEST = 24, 400  # Columns, and cells of one, at most: whatever a file says was chosen

Chosen = tuple[tuple[str, int], ...]
"""Columns as they are remembered: name of a field, `STREAM` or `REST`; width in cells, 0 for one that fits."""


@dataclass(frozen=True, slots=True)
class FormChoice:
    group: str = ""  # Exact name
    form: str = ""  # Named by the runbook; "" to recognise it
    columns: tuple[str, ...] = ()  # Named by the runbook; empty for the form's own
    chosen: Chosen | None = None  # Chosen by the reader; None if nothing was ever chosen


@dataclass(slots=True)
class Sample:
    size: int = 0  # Number of lines held when it was taken
    fields: Counter[str] = field(default_factory=Counter)  # In how many lines each field is
    widths: dict[str, list[int]] = field(default_factory=dict)  # Cells of the values of each field, ascending
    examples: dict[str, str] = field(default_factory=dict)  # A value of each field, clean
    parsed: int = 0  # Lines that have the form

    def width_of(self, name: str) -> int:
        widths = self.widths.get(name)
        return widths[(len(widths) * 9) // 10 if len(widths) > 1 else 0] if widths else 0


def forms() -> list[LineForm]:
    return [form_named(name) for name in get_args(LogFormId)]


def form_named(name: str) -> LineForm:
    module = import_module(f"widgets.logs.form.{name}_lines")
    return cast("LineForm", getattr(module, f"{name.capitalize()}Lines")())


class GroupForm:
    def __init__(self) -> None:
        self.choice = FormChoice()
        self.layout = UNNAMED  # For the width and the lines of the last `update`
        self.form: LineForm | None = None  # None until it is named or recognised
        self.sample = Sample()
        self._width = 0

    def choose(self, choice: FormChoice) -> None:
        other = choice.group != self.choice.group
        self.choice = choice
        self._width = 0
        if other:
            self.sample = Sample()
            self.form, self.layout = self._named(), UNNAMED

    def _named(self) -> LineForm | None:
        if self.choice.form:
            return form_named(self.choice.form)
        return next((form for form in forms() if form.owns(self.choice.group)), None)

    def update(self, store: LogStore, width: int) -> bool:
        """Take what is new into account; True if lines must be drawn anew. `width`: of a row, without time and level."""
        size = len(store)
        if self._is_new(size):
            self._take_sample(store, size)
        elif width == self._width:
            return False
        return self.fit(width)

    def fit(self, width: int) -> bool:
        """Fit the columns into a row of this width; True if lines must be drawn anew."""
        self._width = width
        layout = fitted(self._layout(width), width)
        if layout == self.layout:
            return False
        self.layout = layout
        return True

    def _is_new(self, size: int) -> bool:
        before = self.sample.size
        return size > 0 and (before == 0 or (size >= 2 * before and before < LAST_SAMPLE))

    def _take_sample(self, store: LogStore, size: int) -> None:
        texts: list[str] = []
        characters = 0
        for row in sampled_rows(store, SAMPLE):
            texts.append(store.line(row).text)
            characters += len(texts[-1])
            if characters >= SAMPLE_CHARACTERS:
                break
        self.take(texts, size)

    def take(self, texts: Sequence[str], size: int) -> None:
        if self.form is None or not (self.choice.form or self.form.owns(self.choice.group)):
            self.form = recognised(texts)
        self.sample = sample_of(self.form, texts, size)

    def columns(self, width: int) -> Chosen:
        """The columns of a row of this width as they would be remembered; only chosen widths are numbers."""
        layout = self._layout(width)
        names = [(column.name, column.width if column.fixed else 0) for column in layout.columns]
        return (*names, *([(REST, 0)] if layout.rest else []))

    def _layout(self, width: int) -> ColumnLayout:
        form = self.form
        if form is None:
            return UNNAMED
        if self.choice.chosen is not None:
            return self._chosen(form, self.choice.chosen)
        if self.choice.columns:
            return self._chosen(form, [(name, 0) for name in self.choice.columns])
        columns = [self._column(name, role) for name, role in self.defaults(width)]
        return ColumnLayout(form, tuple(columns), rest=form.id == "json" and not columns)

    def defaults(self, width: int) -> list[tuple[str, Role]]:
        if self.form is None:
            return []
        least = max(1, round(self.sample.parsed * _ENOUGH))
        pairs = []
        for role in self.form.roles:
            name = max(
                role.names, key=lambda name: (self.sample.fields[name] >= least, -role.names.index(name))
            )
            if self.sample.fields[name] >= least and width >= role.from_width:
                pairs.append((name, role))
        return pairs

    def _chosen(self, form: LineForm, chosen: Iterable[tuple[str, int]]) -> ColumnLayout:
        by_field = {name: role for role in form.roles for name in role.names}
        chosen = list(chosen)[:_MOST_COLUMNS]
        columns = [
            self._column(name, by_field.get(name), min(width, _WIDEST))
            for name, width in chosen
            if name != REST
        ]
        return ColumnLayout(form, tuple(columns), rest=any(name == REST for name, _width in chosen))

    def _column(self, name: str, role: Role | None, width: int = 0) -> FormColumn:
        title = title_of(name, role)
        if width > 0:
            return FormColumn(name, width, title, role, fixed=True)
        if name == STREAM:
            return FormColumn(name, _TASK_WIDTH, title, role)
        natural = max(self.sample.width_of(name), 1)
        if role is None:
            return FormColumn(name, min(max(natural, min(cell_len(title), 10)), 32), title)
        return FormColumn(name, min(max(natural, role.least, role.roomy), role.most), title, role)


def sampled_rows(store: LogStore, most: int) -> range:
    first = max(store.first, store.end - REACH)
    return range(store.end - 1, first - 1, -max(1, -(-(store.end - first) // most)))


def title_of(name: str, role: Role | None = None) -> str:
    if name == STREAM:
        return _("task")
    if role is not None:
        return _(role.title) if role.title else ""
    return clean(name.rsplit(".", 1)[-1], 80)


def recognised(texts: Sequence[str]) -> LineForm:
    every = forms()
    for form in every:
        if sum(form.parse(text) is not None for text in texts) >= _SHARE * len(texts):
            return form
    return every[-1]


def sample_of(form: LineForm, texts: Iterable[str], size: int) -> Sample:
    sample = Sample(size)
    for text in texts:
        parts = form.parse(text)
        if parts is not None:
            sample.parsed += 1
            _count(sample, parts)
    for widths in sample.widths.values():
        widths.sort()
    return sample


def _count(sample: Sample, parts: LineParts) -> None:
    for name, value in flat(parts.fields):
        if value in (None, "") or (name not in sample.fields and len(sample.fields) >= _MOST_FIELDS):
            continue
        sample.fields[name] += 1
        text = text_of(value)
        sample.widths.setdefault(name, []).append(cell_len(text[:80]))
        sample.examples.setdefault(name, text)
