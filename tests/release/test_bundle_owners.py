import json
import os

import pytest

from tests.tools.small_bundle import Place, run, small_bundle, tree

STRANGER = 4242

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can act as two users")


def give_away(path):
    os.chown(path, STRANGER, STRANGER, follow_symlinks=False)


@pytest.fixture
def shared(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def refused(bundle, to, bin_folder, words):
    before = tree(bundle.parent)
    done = run(bundle, "--to", to, "--bin", bin_folder)
    assert done.returncode == 1
    assert words in done.stderr
    assert tree(bundle.parent) == before


@as_root
@pytest.mark.parametrize("name", ["1.0", "1.0-again"])
@pytest.mark.parametrize("content", ["nothing", "an interrupted installation", "a whole installation"])
def test_a_version_of_another_user(tmp_path, shared, name, content):
    bundle = small_bundle(tmp_path / "b.pyz")
    folder = shared / name
    (folder / "bin").mkdir(parents=True)
    if content == "nothing":
        (folder / "bin").rmdir()
    else:
        facts = {"version": "1.0", "complete": True} if content.startswith("a whole") else {}
        (folder / "toban-bundle.json").write_text(json.dumps(facts))
        for program in ("toban", "python"):
            (folder / "bin" / program).write_text("#!/bin/sh\necho the stranger\n")
    give_away(folder)
    refused(bundle, shared, tmp_path / "bin", f"{folder} belongs to another user")


@as_root
def test_a_parent_and_a_folder_for_the_command_of_another_user(tmp_path, shared):
    bundle = small_bundle(tmp_path / "b.pyz")
    (shared / "theirs/inner").mkdir(parents=True)
    give_away(shared / "theirs")
    refused(bundle, shared / "theirs/inner", tmp_path / "bin", f"{shared}/theirs belongs to another user")
    refused(bundle, shared / "new", shared / "theirs", f"{shared}/theirs belongs to another user")
    refused(bundle, shared / "new", shared / "theirs/inner/bin", f"{shared}/theirs belongs to another user")


@as_root
def test_a_link_of_another_user(tmp_path, shared):
    bundle = small_bundle(tmp_path / "b.pyz")
    (tmp_path / "ours").mkdir()
    (shared / "theirs").symlink_to(tmp_path / "ours")
    give_away(shared / "theirs")
    (tmp_path / "hop").symlink_to("shared/../shared/theirs/")
    refused(bundle, tmp_path / "hop", tmp_path / "bin", f"{shared}/theirs belongs to another user")


def test_a_folder_that_all_users_may_write(tmp_path):
    bundle = small_bundle(tmp_path / "b.pyz")
    (tmp_path / "open/inner").mkdir(parents=True)
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "hop").symlink_to("open/inner")
    for to, bin_folder in (("open", "bin"), ("open/inner", "bin"), ("hop", "bin"), ("v", "open")):
        refused(
            bundle,
            tmp_path / to,
            tmp_path / bin_folder,
            f"All users may write into {tmp_path}/open and could",
        )


def test_own_links_and_a_folder_like_tmp(tmp_path, shared):
    (shared / "real").mkdir()
    (shared / "real").chmod(0o775)
    (tmp_path / "in").symlink_to("shared/real")
    place = Place(tmp_path / "in")
    done = place.install(small_bundle(tmp_path / "b.pyz"))
    assert done.returncode == 0, done.stderr
    assert place.says() == "toban 1.0"


@as_root
def test_who_cannot_run_what_root_installed(tmp_path):
    place = Place(tmp_path / "closed")
    (tmp_path / "closed").mkdir(mode=0o700)
    closed = next(
        folder for folder in reversed((tmp_path / "closed/x").parents) if not folder.stat().st_mode & 0o001
    )
    done = place.install(small_bundle(tmp_path / "b.pyz"))
    assert f"Other users cannot run it: they may not enter {closed}." in done.stdout
