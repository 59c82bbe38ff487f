import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.color import Color
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from services import i18n
from services.models.text import UNSAFE
from tui.runtime.runtime_app import RuntimeApp
from tui.terminal.output_filter import OutputFilter

BLACK = Color(0, 0, 0)


class Fragile(Widget):
    DEFAULT_CSS = "Fragile { height: 1; }"
    BINDINGS = [("x", "fail", "Fail")]  # noqa: RUF012  as Textual declares it
    can_focus = True
    broken = False

    def render(self) -> Content:
        if self.broken:
            raise RuntimeError("cannot be drawn")
        return Content("drawn")

    def action_fail(self) -> None:
        raise RuntimeError("action failed")


class Console(RuntimeApp):
    def __init__(self, fail_fast: bool | None = False) -> None:
        super().__init__()
        self.fail_fast = fail_fast
        self.drained = 0

    def compose(self) -> ComposeResult:
        yield Fragile()
        yield Static(Content("well"), id="well")

    def action_app_fails(self) -> None:
        raise ValueError("[/] \x1b[2J of the app")

    def known_secrets(self) -> list[str]:
        return ["hush-hush-hush"]

    async def drain(self) -> None:
        self.drained += 1

    @property
    def told(self) -> list[str]:
        return [notification.message for notification in self._notifications]


@pytest.fixture(autouse=True)
def english() -> None:
    i18n.use("en")


async def test_tasks_begin_later_whatever_textual_sets():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(lambda loop, work, **options: asyncio.Task(work, loop=loop, **options))
    async with Console().run_test():
        assert loop.get_task_factory() is None


async def test_an_action_that_fails_is_reported_once_for_each_place():
    async with Console().run_test(notifications=True) as pilot:
        app = pilot.app
        app.query_one(Fragile).focus()
        for _press in range(3):
            await pilot.press("x")
        [bug] = app.bugs.values()
        assert bug.count == 3
        assert bug.summary.startswith("RuntimeError: action failed (test_runtime.py:")
        assert "in action_fail" in bug.text
        assert app.told == [bug.summary]


async def test_a_fault_of_the_app_itself_is_survived_and_its_words_are_harmless():
    app = Console()
    app.bind("y", "app_fails")
    async with app.run_test(notifications=True) as pilot:
        await pilot.press("y")
        await pilot.pause()
        assert app.told[0].startswith("ValueError: [/] ␛[2J of the app")
        assert not app._exit


async def test_secrets_are_not_shown():
    async with Console().run_test(notifications=True) as pilot:
        app = pilot.app
        app.report_bug(RuntimeError("sent hush-hush-hush"))
        await pilot.pause()
        assert app.told == ["RuntimeError: sent ***"]


async def test_a_widget_that_cannot_be_drawn_is_blank_and_the_rest_is_painted():
    async with Console().run_test(size=(20, 4)) as pilot:
        app = pilot.app
        fragile = app.query_one(Fragile)
        fragile.broken = True
        fragile.refresh()
        await pilot.pause()
        svg = app.export_screenshot()
        assert "well" in svg
        assert "drawn" not in svg
        assert [bug.summary[:28] for bug in app.bugs.values()] == ["RuntimeError: cannot be draw"]
        fragile.broken = False
        fragile.refresh()
        await pilot.pause()
        assert "drawn" in app.export_screenshot()


async def test_tests_see_faults():
    async def press() -> None:
        async with Console(fail_fast=None).run_test() as pilot:
            pilot.app.query_one(Fragile).focus()
            await pilot.press("x")

    with pytest.raises(RuntimeError, match="action failed"):
        await press()


async def test_kinds_of_faults_kept_are_bounded():
    async with Console().run_test() as pilot:
        app = pilot.app
        for number in range(500):
            app.report_bug(type(f"Fault{number}", (Exception,), {})("x"))
        assert len(app.bugs) == 100


async def test_the_end_drains_once_however_it_comes():
    app = Console()
    async with app.run_test() as pilot:
        app.end(3)
        app.end(4)
        async with asyncio.timeout(60):
            while app.return_code is None:
                await pilot.pause()
    assert app.drained == 1
    assert app.return_code == 3
    app = Console()
    async with app.run_test():
        app.exit()
    assert app.drained == 1


async def test_a_drain_that_fails_does_not_prevent_the_end():
    class Failing(Console):
        async def drain(self) -> None:
            raise OSError("journal is gone")

    app = Failing()
    async with app.run_test():
        app.end()
    assert [bug.summary[:24] for bug in app.bugs.values()] == ["OSError: journal is gone"]


async def test_unsafe_text_is_removed_counted_and_reported():
    async with Console().run_test(size=(40, 6), notifications=True) as pilot:
        app = pilot.app
        app.query_one("#well", Static).update(Content("a\x1b]2;x\x9d\u202eb"))
        await pilot.pause()
        shown = "\n".join(
            "".join(segment.text for segment in strip)
            for strip in app.screen._compositor.render_strips(app.size)
        )
        assert UNSAFE.search(shown.replace("\n", "")) is None
        assert "a]2;xb" in shown
        assert app.filter_hits > 0
        assert app.told == ["UnsafeText: a␛]2;x<9D><RLO>b"]


async def test_a_screenshot_is_for_its_owner_alone(tmp_path):
    async with Console().run_test(notifications=True) as pilot:
        app = pilot.app
        app.action_screenshot()
        await pilot.pause()
        [saved] = (Path.home() / ".local/state/toban/screenshots").iterdir()
        assert saved.stat().st_mode & 0o777 == 0o600
        assert "well" in saved.read_text()
        assert app.told == [f"Saved to {saved}"]
        named = app.save_screenshot("named.svg", str(tmp_path))
        assert named == str(tmp_path / "named.svg")
        app.deliver_screenshot("x.svg", "/dev/null/nowhere")
        await pilot.pause()
        assert app.told[-1].startswith("Not saved: ")


hostile = st.text(
    st.one_of(st.sampled_from("\x00\x1b\x9b\n\t\u202e\u200b\u3164\u00ad\ud800\U000e0041"), st.characters())
)


@given(st.lists(hostile, max_size=5))
def test_the_last_line_leaves_nothing_unsafe_and_no_width_changed(texts):
    reports: list[str] = []
    output_filter = OutputFilter(reports.append)
    style = Style(bold=True)
    segments = [Segment(text, style) for text in texts]
    safe = output_filter.apply(segments, BLACK)
    unsafe = [text for text in texts if UNSAFE.search(text)]
    assert reports == unsafe
    assert output_filter.hits == len(unsafe)
    if not unsafe:
        assert safe is segments
    for before, after in zip(segments, safe, strict=True):
        assert UNSAFE.search(after.text) is None
        assert after.style == style
        if not any("\ud800" <= character <= "\udfff" for character in before.text):
            assert cell_len(after.text) == sum(cell_len(character) for character in before.text)
