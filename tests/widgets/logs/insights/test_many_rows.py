import threading
from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult

from services.models.insights_queries import QueryRows
from tests.tools.console import until
from tests.widgets.stage import running
from widgets.logs.insights import result_table
from widgets.logs.insights.result_table import ResultTable


class TableApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.table = ResultTable()

    def compose(self) -> ComposeResult:
        yield self.table


def counts(*numbers: int) -> QueryRows:
    return QueryRows(("n",), tuple((str(number),) for number in numbers), ("",) * len(numbers))


@pytest.mark.slow
async def test_rows_that_come_later_are_sorted_in_a_thread_too(monkeypatch):
    threads: list[threading.Thread] = []
    sort = result_table.sorted_rows

    def noted(table: QueryRows, place: int, *, descending: bool) -> Sequence[int]:
        threads.append(threading.current_thread())
        return sort(table, place, descending=descending)

    monkeypatch.setattr(result_table, "sorted_rows", noted)
    monkeypatch.setattr(result_table, "MANY", 3)
    async with running(TableApp()) as (app, pilot):
        table = app.table
        table.show(counts(2, 3, 1), partial=True)
        table.action_sort()
        await until(pilot, lambda: list(table.order) == [1, 0, 2])
        place = table.cursor = 0
        table.show(counts(2, 3, 1, 9), partial=True)
        assert len(table.order) == 4, "every row can be reached at once"
        await until(pilot, lambda: list(table.order) == [3, 1, 0, 2])
        assert table.cursor == place, "the reader stays at the same place of the table"
        table.show(counts(5), partial=False)
        assert list(table.order) == [0]
    assert threading.main_thread() not in threads[:2]
