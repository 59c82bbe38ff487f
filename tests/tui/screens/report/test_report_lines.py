from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from services.models.verdict import Verdict
from services.report.rendering.document import (
    Bullets,
    Document,
    DocumentFacts,
    DocumentLine,
    Paragraph,
    Quote,
    Section,
    Table,
)
from tui.screens.report.lines import report_lines

TEXTS = st.text(st.sampled_from("ab 、。点検（）\n"), max_size=120)


def document(*blocks: Table | DocumentFacts | Bullets | Quote | Paragraph) -> Document:
    return Document(
        title="t", tone=Verdict.NORMAL, language="ja", facts=DocumentFacts(()), sections=(Section("s", blocks),), footer=""
    )  # fmt: skip


def shown(whole: Document, width: int) -> list[str]:
    return ["".join(text for text, _role in line) for line in report_lines(whole, width)]


def test_a_cell_that_is_cut_says_so():
    lines = shown(
        document(Table(("a", "b"), (DocumentLine(("x", "点検" * 60)), DocumentLine(("y", "短い"))))), 40
    )
    assert sum("点検" in line for line in lines) == 3
    assert sum("…" in line for line in lines) == 1
    assert any("短い" in line for line in lines)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4), TEXTS, st.integers(30, 200))
def test_no_line_is_wider_than_the_screen(cells, text, width):
    whole = document(
        Table(("a", "b"), tuple(DocumentLine(each) for each in cells)),
        DocumentFacts((("名前", text),)),
        Bullets((text,)),
        Quote(text, "yamada"),
        Paragraph(text),
    )
    assert all(cell_len(line.rstrip()) <= width for line in shown(whole, width))


def test_figures_leave_the_room_to_names():
    names = ("CloudWatch Alarms 確認（午後）", "CloudWatch Alarms 確認、当日の運用報告")
    columns = (
        "定例作業",
        "予定",
        "時間内",
        "遅延後に確認",
        "未実施後に確認",
        "未実施",
        "見送り",
        "未確認",
        "これから",
        "記録なし",
    )
    figures = ("22", *"00000000")
    block = Table(columns, tuple(DocumentLine((name, *figures)) for name in names), frozenset(range(1, 10)))
    text = "\n".join(shown(document(block), 78))
    assert "CloudWatch Alarms 確認" in text
    assert "…" not in text
