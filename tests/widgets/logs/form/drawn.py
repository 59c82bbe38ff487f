"""Lines as a pane draws them: the columns of a group, and a line below them."""

from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.style import Style

from services.models.logs import LogLine
from widgets.logs.drawing.strips import HEAD_WIDTH, Accent, LogFormat, Painter
from widgets.logs.form.group_form import FormChoice
from widgets.logs.store.store import LogStore, StoredLine

AT = 1_764_028_813_257
STREAM = "ecs/staff-api/0123456789abcdef"


def store_of(*lines: str) -> LogStore:
    store = LogStore()
    store.append(
        [LogLine(f"e{n}", AT + n * 1000, AT + n * 1000, STREAM, text) for n, text in enumerate(lines)]
    )
    return store


def painter(*lines: str, width: int = 104, choice: FormChoice | None = None, **options: object) -> Painter:
    painter = Painter(LogFormat(ZoneInfo("Asia/Tokyo"), **options), lambda name: Style(meta={"name": name}))  # type: ignore[arg-type]  # test helper
    painter.width = width
    painter.group_form.choose(choice or FormChoice("g"))
    painter.begin(store_of(*lines))
    return painter


def rows(painter: Painter, text: str, *, late: bool = False) -> list[str]:
    line = StoredLine(hash(text), AT, AT, STREAM, late, text)
    strips = painter.block(line, Accent(), AT)
    for strip in strips:
        assert strip.cell_length == cell_len(strip.text) == painter.width
    return [strip.text for strip in strips]


def body(painter: Painter, text: str) -> str:
    return rows(painter, text)[0][HEAD_WIDTH:].rstrip()


def style_of(painter: Painter, text: str, part: str) -> str:
    line = StoredLine(hash(text), AT, AT, STREAM, False, text)
    for segment in painter.block(line, Accent(), AT)[0]:
        if part in segment.text and segment.style is not None:
            return str(segment.style.meta["name"]).removeprefix("log--")
    raise AssertionError(f"{part} is not drawn")
