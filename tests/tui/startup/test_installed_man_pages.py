"""Where the man pages go: into the wheel, and with the bundle beside its command."""

import os
import runpy
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.man.page import PAGES, ROOT
from tests.tools.release.build import wheel

ENGLISH, JAPANESE = "share/man/man1/toban.1", "share/man/ja/man1/toban.1"


@pytest.fixture(scope="module")
def link_manual() -> Callable[[str, str], None]:
    function: Callable[[str, str], None] = runpy.run_path(str(ROOT / "tui/installed/bundle_installer.py"))[
        "link_manual"
    ]
    return function


def installed(folder: Path) -> Path:
    for page in (ENGLISH, JAPANESE):
        (folder / page).parent.mkdir(parents=True)
        (folder / page).write_text(folder.name)
    (folder / "toban-bundle.json").write_text("{}")
    return folder


def test_the_pages_lie_where_man_looks_and_follow_an_update(
    link_manual: Callable[[str, str], None], tmp_path: Path
) -> None:
    link_manual(str(installed(tmp_path / "old")), str(tmp_path / "home/bin"))
    assert (tmp_path / "home" / JAPANESE).read_text() == "old"
    link_manual(str(installed(tmp_path / "new")), str(tmp_path / "home/bin"))
    assert [(tmp_path / "home" / page).read_text() for page in (ENGLISH, JAPANESE)] == ["new", "new"]


def test_a_page_of_another_program_stays(link_manual: Callable[[str, str], None], tmp_path: Path) -> None:
    folder, home = installed(tmp_path / "toban"), tmp_path / "home"
    other = tmp_path / "other" / ENGLISH
    other.parent.mkdir(parents=True)
    other.write_text("another toban")
    for page in (ENGLISH, JAPANESE):
        (home / page).parent.mkdir(parents=True)
    os.symlink(other, home / ENGLISH)
    (home / JAPANESE).write_text("a file")
    link_manual(str(folder), str(home / "bin"))
    assert (home / ENGLISH).resolve() == other
    assert (home / JAPANESE).read_text() == "a file"


def test_no_page_goes_beside_a_folder_of_another_name(
    link_manual: Callable[[str, str], None], tmp_path: Path
) -> None:
    link_manual(str(installed(tmp_path / "toban")), str(tmp_path / "home/tools"))
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_the_wheel_brings_both_pages(tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel(tmp_path)) as archive:
        data = {name.split("/data/")[1]: name for name in archive.namelist() if "/data/" in name}
        assert archive.read(data[ENGLISH]) == PAGES["en"].read_bytes()
        assert archive.read(data[JAPANESE]) == PAGES["ja"].read_bytes()
