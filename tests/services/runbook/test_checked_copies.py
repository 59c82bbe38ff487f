"""A runbook that was checked before is not checked again, and a copy that is not beyond doubt is no copy."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from services import i18n
from services.runbook import checked_copies, checks, loader
from services.runbook.checked_copies import MOST
from services.runbook.frozen_values import Unknown, from_json, to_json
from services.runbook.loader import load_builtin, load_named
from tests.conftest import STORE
from tests.services.runbook import small

SHIPPED = Path(loader.__file__).parent / "facility-prod.toml"
EVERYTHING = (
    small.SYSTEM
    + """
[[freezes]]
title = "年度末処理"
starts = 2027-03-29T00:00:00
ends = 2027-04-02T00:00:00
[closures]
extra = [2026-12-28]
[weights.task-crash]
[rds]
instance = "db"
[rds.prices]
as_of = 2026-01-01
usd_per_hour = { "db.t4g.large" = 0.19 }
"""
)
"""What the shipped runbook does not have: times, decimals, a table by ids."""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(checked_copies, "store", STORE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/toban/runbooks"


@pytest.fixture
def checked(monkeypatch):
    systems: list[str] = []

    def note(runbook):
        systems.append(runbook.system.id)
        return iter(())

    monkeypatch.setattr(checks, "ALL", (*checks.ALL, note))
    return systems


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "city.toml"
    path.write_text(small.SYSTEM, "utf-8")
    return path


def only_copy(folder):
    (copy,) = folder.iterdir()
    return copy


@pytest.mark.parametrize("text", [SHIPPED.read_text("utf-8"), small.SYSTEM, EVERYTHING])
def test_what_is_read_back_is_the_same_in_every_respect(text):
    runbook = loader.loads(text).runbook
    again = from_json(json.loads(json.dumps(to_json(runbook))))
    assert again == runbook
    assert again.model_dump() == runbook.model_dump()
    assert again.model_dump(exclude_unset=True) == runbook.model_dump(exclude_unset=True)
    assert type(again.alarms) is tuple


def test_a_runbook_is_checked_once(file, checked):
    first = load_named(str(file))
    assert load_named(str(file)) == first
    assert len(checked) == 1


def test_a_shipped_runbook_is_checked_once(checked):
    assert load_builtin("facility-prod") == load_builtin("facility-prod")
    assert len(checked) == 1


def test_what_was_read_is_checked_even_if_the_file_is_changed_meanwhile(file, folder, monkeypatch):
    def change(_runbook):
        file.unlink()
        return iter(())

    monkeypatch.setattr(checks, "ALL", (*checks.ALL, change))
    assert load_named(str(file)).system.id == "other"
    assert only_copy(folder)


def test_a_number_that_json_lacks_is_the_same_the_second_time(file, checked):
    file.write_text(small.SYSTEM + "\n[inspecting]\nask_above_yen = inf\n", "utf-8")
    for _ in range(2):
        assert load_named(str(file)).inspecting.ask_above_yen == float("inf")
    assert len(checked) == 2


def test_source_of_the_same_time_and_size_is_another_source(file, checked, monkeypatch, tmp_path):
    source = tmp_path / "source.py"
    source.write_text("LIMIT = 10\n")
    monkeypatch.setitem(sys.modules, "services.of_this_test", SimpleNamespace(__file__=str(source)))
    load_named(str(file))
    status = source.stat()
    source.write_text("LIMIT = 20\n")
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    load_named(str(file))
    assert len(checked) == 2


@pytest.mark.parametrize("is_inner", [False, True])
def test_nothing_is_written_or_removed_through_a_link(is_inner, file, folder, tmp_path):
    theirs = tmp_path / "theirs"
    place = theirs if is_inner else theirs / "runbooks"
    place.mkdir(parents=True)
    files = [place / f"{number}.json" for number in range(MOST + 3)]
    for name in files:
        name.touch()
    link = folder if is_inner else folder.parent
    link.parent.mkdir(parents=True)
    link.symlink_to(theirs)
    load_named(str(file))
    assert sorted(place.iterdir()) == sorted(files)


def test_nothing_is_written_where_others_can_write(file, folder):
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    load_named(str(file))
    assert list(folder.iterdir()) == []


def test_a_copy_speaks_the_language_of_the_screen():
    load_builtin("facility-prod")
    copy = load_builtin("facility-prod")
    before = i18n.language()
    titles = []
    try:
        for language in ("ja", "en"):
            i18n.use(language)
            titles.append(copy.system.title)
    finally:
        i18n.use(before)
    assert titles[0] != titles[1]


def test_only_this_user_can_read_a_copy(file, folder):
    umask = os.umask(0)
    try:
        load_named(str(file))
    finally:
        os.umask(umask)
    assert only_copy(folder).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_changed_runbook_is_checked_again(file, checked):
    load_named(str(file))
    file.write_text(small.SYSTEM + "\n# later\n", "utf-8")
    load_named(str(file))
    assert len(checked) == 2


def test_a_wrong_runbook_is_refused_every_time_and_leaves_no_copy(file, folder):
    file.write_text(small.SYSTEM + "oops = 1\n", "utf-8")
    for _ in range(2):
        with pytest.raises(loader.RunbookError):
            load_named(str(file))
    assert not folder.exists()


def _rewritten(change):
    """Change what is in a copy, and give it the digest that fits."""

    def harm(copy):
        parts = json.loads(copy.read_bytes().partition(b"\n")[2])
        change(parts)
        text = json.dumps(parts).encode()
        copy.write_bytes(checked_copies._digest(text) + b"\n" + text)

    return harm


def _older_python(parts):
    key = parts[0]
    assert isinstance(key, list)
    key[2] = "3.10"


def _older_source(parts):
    sources = parts[1]
    assert isinstance(sources, list)
    sources[0][1] -= 1


def _foreign_type(parts):
    parts[2] = ["Popen", {"args": "true"}, ["args"]]


def _lacking_field(parts):
    runbook = parts[2]
    assert isinstance(runbook, list)
    del runbook[1]["system"]


HARMS: dict[str, Callable[[Path], object]] = {
    "empty": lambda copy: copy.write_bytes(b""),
    "cut off": lambda copy: copy.write_bytes(copy.read_bytes()[:-20]),
    "one letter": lambda copy: copy.write_bytes(
        copy.read_bytes().replace(b"ap-northeast-1", b"ap-northeast-2")
    ),
    "not JSON": lambda copy: copy.write_bytes(checked_copies._digest(b"{") + b"\n{"),
    "nested without end": lambda copy: copy.write_bytes(
        checked_copies._digest(b"[" * 100_000) + b"\n" + b"[" * 100_000
    ),
    "another Python's": _rewritten(_older_python),
    "of other source": _rewritten(_older_source),
    "a type that is not the grammar's": _rewritten(_foreign_type),
    "a field is missing": _rewritten(_lacking_field),
    "a folder": lambda copy: (copy.unlink(), copy.mkdir()),
    "a pipe": lambda copy: (copy.unlink(), os.mkfifo(copy)),
    "others may write it": lambda copy: copy.chmod(0o666),
    "others may write the folder": lambda copy: copy.parent.chmod(0o777),
    "a link": lambda copy: (
        shutil.move(copy, copy.with_suffix(".moved")),
        copy.symlink_to(f"{copy.stem}.moved"),
    ),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_a_copy_in_doubt_is_not_used(harm, file, folder, checked):
    first = load_named(str(file))
    harm(only_copy(folder))
    assert load_named(str(file)) == first
    assert len(checked) == 2


@pytest.mark.parametrize("place", ["/dev/null/x", "/proc/x"])
def test_where_nothing_can_be_written_the_runbook_is_checked(place, file, checked, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", place)
    assert load_named(str(file)) == load_named(str(file))
    assert len(checked) == 2


def test_old_copies_go(file, folder):
    for number in range(MOST + 3):
        file.write_text(f"{small.SYSTEM}\n# {number}\n", "utf-8")
        load_named(str(file))
    assert len(list(folder.iterdir())) == MOST


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x", ["list"]])
def test_other_types_cannot_be_written(value):
    with pytest.raises(Unknown):
        to_json(value)
