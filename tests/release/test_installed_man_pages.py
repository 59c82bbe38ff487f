import os
import zipfile

import pytest

from tests.tools.man.page import PAGES
from tests.tools.release.build import wheel
from tui.installed.toban_bundle.manual import link_pages

ENGLISH, JAPANESE = "share/man/man1/toban.1", "share/man/ja/man1/toban.1"


def installed(folder):
    for page in (ENGLISH, JAPANESE):
        (folder / page).parent.mkdir(parents=True)
        (folder / page).write_text(folder.name)
    (folder / "toban-bundle.json").write_text("{}")
    return folder


def test_the_pages_lie_where_man_looks_and_follow_an_update(tmp_path):
    link_pages(str(installed(tmp_path / "old")), str(tmp_path / "home/bin/toban"))
    assert (tmp_path / "home" / JAPANESE).read_text() == "old"
    link_pages(str(installed(tmp_path / "new")), str(tmp_path / "home/bin/toban"))
    assert [(tmp_path / "home" / page).read_text() for page in (ENGLISH, JAPANESE)] == ["new", "new"]


def test_a_page_of_another_program_stays(tmp_path):
    folder, home = installed(tmp_path / "toban"), tmp_path / "home"
    other = tmp_path / "other" / ENGLISH
    other.parent.mkdir(parents=True)
    other.write_text("another toban")
    for page in (ENGLISH, JAPANESE):
        (home / page).parent.mkdir(parents=True)
    os.symlink(other, home / ENGLISH)
    (home / JAPANESE).write_text("a file")
    link_pages(str(folder), str(home / "bin/toban"))
    assert (home / ENGLISH).resolve() == other
    assert (home / JAPANESE).read_text() == "a file"


def test_no_page_goes_beside_a_folder_of_another_name(tmp_path):
    link_pages(str(installed(tmp_path / "toban")), str(tmp_path / "home/tools/toban"))
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_the_wheel_brings_both_pages(tmp_path):
    with zipfile.ZipFile(wheel(tmp_path)) as archive:
        data = {name.split("/data/")[1]: name for name in archive.namelist() if "/data/" in name}
        assert archive.read(data[ENGLISH]) == PAGES["en"].read_bytes()
        assert archive.read(data[JAPANESE]) == PAGES["ja"].read_bytes()
