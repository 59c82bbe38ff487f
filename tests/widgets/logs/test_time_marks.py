from datetime import UTC, date

from services.models.logs import LogLine
from widgets.logs.drawing.separators import SeparatorRules
from widgets.logs.store.store import LogStore
from widgets.logs.store.view import LogView


def rules_of(*ats: int) -> SeparatorRules:
    store = LogStore()
    store.append([LogLine(str(at), at, at, "s", "text") for at in ats])
    return SeparatorRules(LogView(store), UTC, lambda: date(1970, 1, 1))


def names(rules: SeparatorRules, row: int) -> list[str]:
    return [text for text, name in rules.above(row) if name != "rule"]


def test_the_shared_cursor_stands_before_the_oldest_and_after_the_newest_line():
    rules = rules_of(10_000, 20_000)
    rules.time_mark = 5_000
    assert names(rules, 0) == ["⌖ 00:00:05 UTC"]
    assert rules.below(1) == []
    rules.forget()
    rules.time_mark = 25_000
    assert names(rules, 0) == names(rules, 1) == []
    assert rules.below(0) == []
    assert rules.below(1) == [("⌖ 00:00:25 UTC", "time-mark")]


def test_both_times_above_one_line_are_one_separator():
    rules = rules_of(10_000, 20_000)
    rules.marked_at = rules.time_mark = 15_000
    assert names(rules, 1) == ["↓⌖ 00:00:15 UTC"]
    rules.forget()
    rules.time_mark = 16_000
    assert names(rules, 1) == ["↓ 00:00:15 UTC  ⌖ 00:00:16 UTC"]
