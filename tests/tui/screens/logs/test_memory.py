import os
from pathlib import Path

import pytest

from tui.screens.logs.memory import HISTORY, LayoutPane, LogMemory, SavedLayout

LAYOUT = SavedLayout(panes=(LayoutPane(group="/ecs/a", pattern="ERROR"), LayoutPane(group="/ecs/b", share=3)))


def memory_in(folder: Path, warnings: list[str] | None = None) -> LogMemory:
    return LogMemory(folder / "state" / "logs.json", (warnings if warnings is not None else []).append)


async def test_what_is_remembered_is_there_at_the_next_start(tmp_path):
    memory = memory_in(tmp_path)
    memory.remember_columns("/ecs/a", (("status", 6), ("path", 30)))
    memory.add_to_history("search", "timeout")
    memory.add_to_history("search", "refused")
    memory.add_to_history("search", "timeout")
    memory.add_to_history("filter", "ERROR")
    memory.save_layout("夜間", LAYOUT)
    await memory.written()

    later = memory_in(tmp_path)
    assert later.layouts == {}, "nothing before the file is read"
    await later.load()

    assert later.columns("/ecs/a") == (("status", 6), ("path", 30))
    assert later.columns("/ecs/b") is None
    assert later.history("search") == ("timeout", "refused"), "the newest first, each once"
    assert later.history("filter") == ("ERROR",)
    assert later.layouts == {"夜間": LAYOUT}
    assert later.path.stat().st_mode & 0o777 == 0o600


async def test_two_consoles_add_to_each_others_memory(tmp_path):
    one, other = memory_in(tmp_path), memory_in(tmp_path)
    await one.load()
    await other.load()
    one.save_layout("one", LAYOUT)
    await one.written()
    other.save_layout("other", LAYOUT)
    other.delete_layout("nothing")
    await other.written()

    later = memory_in(tmp_path)
    await later.load()
    assert list(later.layouts) == ["other", "one"]


async def test_what_is_changed_before_the_file_is_read_is_added_to_it(tmp_path):
    one = memory_in(tmp_path)
    one.add_to_history("search", "first")
    await one.written()

    later = memory_in(tmp_path)
    later.add_to_history("search", "second")
    await later.written()
    assert later.history("search") == ("second", "first")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"version": 2}',
        '{"version": 1, "else": 0}',
        '{"version": 1, "search": [1]}',
        "\x00\xff",
    ],
)
async def test_an_unusable_file_is_named_and_begun_anew(tmp_path, content):
    warnings: list[str] = []
    memory = memory_in(tmp_path, warnings)
    memory.path.parent.mkdir()
    memory.path.write_text(content)

    memory.add_to_history("search", "timeout")
    await memory.written()

    assert len(warnings) == 1
    assert str(memory.path) in warnings[0]
    again = memory_in(tmp_path, warnings)
    await again.load()
    assert again.history("search") == ("timeout",)
    assert len(warnings) == 1


async def test_a_folder_that_cannot_be_written_is_named_once(tmp_path):
    warnings: list[str] = []
    (tmp_path / "state").write_text("a file in the way")
    memory = memory_in(tmp_path, warnings)
    await memory.load()
    warnings.clear()
    memory.add_to_history("search", "a")
    await memory.written()
    memory.add_to_history("search", "b")
    await memory.written()

    assert len(warnings) == 1
    assert memory.history("search") == ("b", "a"), "remembered until the end all the same"

    (tmp_path / "state").unlink()
    memory.add_to_history("search", "c")
    await memory.written()
    later = memory_in(tmp_path)
    await later.load()
    assert later.history("search") == ("c", "b", "a"), "written as soon as that is possible"


async def test_the_memory_is_bounded(tmp_path):
    memory = memory_in(tmp_path)
    for number in range(300):
        memory.add_to_history("filter", f"pattern {number}")
        memory.remember_columns(f"/group/{number}", (("a", 1),) * 100)
        memory.save_layout(f"layout {number}", LAYOUT)
    memory.add_to_history("filter", "x" * 5000)
    await memory.written()

    later, warnings = memory_in(tmp_path), list[str]()
    await later.load()
    assert not warnings
    assert len(later.history("filter")) == HISTORY
    assert later.history("filter")[0] == "pattern 299"
    assert later.columns("/group/0") is None
    assert later.columns("/group/299")
    assert next(iter(later.layouts)) == "layout 299"
    assert memory.path.stat().st_size < 200_000


async def test_an_unwritable_field_keeps_nothing_else_from_being_remembered(tmp_path):
    memory = memory_in(tmp_path)
    memory.remember_columns("/ecs/a", (("\ud800", 6), ("path", 30)))
    memory.add_to_history("search", "timeout")
    await memory.written()
    later = memory_in(tmp_path)
    await later.load()
    assert later.columns("/ecs/a") == (("path", 30),)
    assert later.history("search") == ("timeout",)


async def test_an_unfinished_file_of_a_killed_process_is_no_obstacle(tmp_path):
    memory = memory_in(tmp_path)
    memory.path.parent.mkdir()
    memory.path.with_name(f".{memory.path.name}.{os.getpid()}").write_text("unfinished")
    memory.add_to_history("search", "timeout")
    await memory.written()
    later = memory_in(tmp_path)
    await later.load()
    assert later.history("search") == ("timeout",)


async def test_a_text_that_cannot_be_written_does_not_keep_the_others_from_it(tmp_path):
    memory = memory_in(tmp_path)
    memory.add_to_history("search", "half a pair: \ud83d")
    memory.add_to_history("search", "timeout")
    await memory.written()
    later = memory_in(tmp_path)
    await later.load()
    assert later.history("search") == ("timeout",)
