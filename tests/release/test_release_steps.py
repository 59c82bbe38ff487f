import hashlib
import json
import os
import subprocess

import pytest

from tests.tools.release import sbom
from tests.tools.release.__main__ import SUMS, checksums, publish
from tests.tools.release.audit import judge
from tests.tools.release.build import ROOT
from tests.tools.release.bundle import LOCK, PYTHONS, environment, tags
from tests.tools.release.lock import read_lock
from tests.tools.release.metadata import strangers
from tests.tools.release.source import changelog_section, rehearsal, released
from tests.tools.release.steps import Failure
from tests.tools.small_bundle import zipped
from tui.installed.build_hook import commit_of

CHANGELOG = (
    "# Changelog\n\n## Unreleased\n\nNew\n\n## 7.8.0 — 2026-01-02\n\n### Added\n- One\n\n## 7.7.0\n\nOld\n"
)


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "tui").mkdir()
    (tmp_path / "tui/x.py").write_text("x = 1\n")
    (tmp_path / ".gitignore").write_text("ignored\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "toban"\nversion = "7.8.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    (tmp_path / "ignored").touch()
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "Begin")
    return tmp_path


def git(root, *arguments):
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True)


def test_the_tag_is_the_version(checkout, tmp_path_factory):
    with pytest.raises(
        Failure, match=r"HEAD carries no tag, and pyproject.toml says version 7\.8\.0\..*git tag -a v7\.8\.0"
    ):
        released(checkout)
    git(checkout, "tag", "v7.7.0")
    with pytest.raises(Failure, match=r"HEAD carries v7\.7\.0, and pyproject.toml says version 7\.8\.0"):
        released(checkout)
    git(checkout, "tag", "v7.8.0")
    source = released(checkout)
    assert (source.number, source.notes()) == ("7.8.0", "### Added\n- One\n")
    (checkout / "tui/left.py").touch()
    with pytest.raises(
        Failure, match=r"1 files differ from the commit, such as tui/left\.py\. Commit or remove them"
    ):
        released(checkout)
    for number in range(2):
        tree = source.export(tmp_path_factory.mktemp("tree"), is_other=bool(number))
        assert {path.name for path in tree.rglob("*") if path.is_file()} == {
            ".gitignore", "CHANGELOG.md", "pyproject.toml", "x.py", "commit.txt",
        }  # fmt: skip
        assert (tree / "tui/commit.txt").read_text() == f"{source.commit}\n"


@pytest.mark.parametrize(
    "setting", ["nothing", "attributes", "filters", "line ends", "a replaced object", "GIT_DIR"]
)
def test_what_a_machine_sets_does_not_change_a_release(checkout, tmp_path_factory, monkeypatch, setting):
    (checkout / "tui/x.py").write_bytes(b"$Format:%an$\r\n\n")
    (checkout / "tui/run").touch(0o755)
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "Write")
    git(checkout, "tag", "v7.8.0")
    attributes = checkout / ".git/info/attributes"
    attributes.parent.mkdir(exist_ok=True)
    if setting == "attributes":
        attributes.write_text("tui/run export-ignore\ntui/x.py export-subst\n")
    elif setting == "filters":
        attributes.write_text("*.py filter=other\n")
        git(checkout, "config", "filter.other.smudge", "echo other")
    elif setting == "line ends":
        git(checkout, "config", "core.autocrlf", "true")
    elif setting == "a replaced object":
        git(checkout, "replace", "HEAD:tui/x.py", "HEAD:.gitignore")
    elif setting == "GIT_DIR":
        monkeypatch.setenv("GIT_DIR", str(tmp_path_factory.mktemp("elsewhere")))
    tree = released(checkout).export(tmp_path_factory.mktemp("tree"))
    assert (tree / "tui/x.py").read_bytes() == b"$Format:%an$\r\n\n"
    assert os.access(tree / "tui/run", os.X_OK)
    assert not os.access(tree / "tui/x.py", os.X_OK)


@pytest.mark.parametrize("way", ["config", "--skip-worktree", "--assume-unchanged"])
def test_files_that_git_was_told_to_pass_over(checkout, way):
    git(checkout, "tag", "v7.8.0")
    if way == "config":
        git(checkout, "config", "status.showUntrackedFiles", "no")
        (checkout / "tui/y.py").touch()
    else:
        git(checkout, "update-index", way, "tui/x.py")
        (checkout / "tui/x.py").write_text("x = 2\n")
    with pytest.raises(Failure, match=r"1 files differ from the commit, such as tui/[xy]\.py\."):
        released(checkout)


def test_a_release_holds_no_link(checkout, tmp_path_factory):
    (checkout / "tui/link").symlink_to("/etc/hostname")
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "Link")
    with pytest.raises(Failure, match="tui/link is neither a file nor a folder"):
        rehearsal(checkout).export(tmp_path_factory.mktemp("tree"))


def test_the_commit_of_a_build_says_what_is_not_in_it(checkout):
    assert not commit_of(checkout).endswith("+")
    (checkout / ".git/info").mkdir(exist_ok=True)
    (checkout / ".git/info/exclude").write_text("mine.py\n")
    (checkout / "tui/ignored").touch()
    assert not commit_of(checkout).endswith("+")
    (checkout / "tui/mine.py").touch()
    assert commit_of(checkout).endswith("+")


def test_a_rehearsal_says_so_in_its_version(checkout, tmp_path_factory):
    source = rehearsal(checkout)
    tree = source.export(tmp_path_factory.mktemp("tree"))
    assert 'version = "7.8.0+rehearsal"' in (tree / "pyproject.toml").read_text()
    assert source.notes() == "### Added\n- One\n"


def test_the_changelogs_section():
    assert changelog_section(CHANGELOG, "7.7.0") == "Old\n"
    assert changelog_section("## [1.0.0] - 2026\nText\n", "1.0.0+rehearsal") == "Text\n"
    assert changelog_section(CHANGELOG, "9.0.0+rehearsal") == "New\n"
    for text, number in (
        (CHANGELOG, "9.0.0"),
        ("## 9.0.0 — today\n\n## 8.0.0\nOld\n", "9.0.0"),
        (CHANGELOG, "7.8"),
    ):
        with pytest.raises(Failure, match="has no section"):
            changelog_section(text, number)


def test_the_sums_are_those_of_sha256sum(tmp_path):
    (tmp_path / "a b.whl").write_bytes(b"a")
    (tmp_path / "b.pyz").write_bytes(b"b")
    (tmp_path / SUMS).write_text(checksums(tmp_path))
    assert subprocess.run(
        ["sha256sum", "-c", SUMS], cwd=tmp_path, capture_output=True, check=False
    ).stdout == (b"a b.whl: OK\nb.pyz: OK\n")


def test_a_release_replaces_only_the_same_files(tmp_path):
    new, target = tmp_path / "new", tmp_path / "dist/1.0"
    new.mkdir()
    (new / "a").write_text("1")
    assert publish(new, target, is_release=True) == "1.0/: new"
    assert publish(new, target, is_release=True) == "1.0/: the same files as before"
    (new / "a").write_text("2")
    (new / "b").write_text("2")
    with pytest.raises(
        Failure, match=r"holds other files than this run made: a, b\. To replace them, remove it first"
    ):
        publish(new, target, is_release=True)
    assert (target / "a").read_text() == "1"
    assert publish(new, target, is_release=False) == "1.0/: other files than before: a, b"


def test_a_folder_of_releases_is_never_left_with_half_of_one(tmp_path, monkeypatch):
    new, target = tmp_path / "new", tmp_path / "dist/1.0"
    new.mkdir()
    (new / "a").write_text("a")
    publish(new, target, is_release=True)
    (new / "b").symlink_to("nowhere")
    with pytest.raises(Failure, match="cannot be written"):
        publish(new, target, is_release=False)
    assert [path.name for path in target.parent.rglob("*")] == ["1.0", "a"]
    (new / "b").unlink()
    for make in (
        lambda path: path.symlink_to(new),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.touch(),
    ):
        place = target.with_name("2.0")
        make(place)
        with pytest.raises(Failure, match=r"2\.0 is no folder"):
            publish(new, place, is_release=False)
        place.unlink()


def test_what_a_wheel_may_hold():
    own = ["toban/__init__.py", "toban-1.dist-info/METADATA", "toban-1.data/data/share/man/man1/toban.1"]
    foreign = ["tui/app.py", "toban-1.data/data/etc/x", "toban/__pycache__/x.cpython-311.pyc", "tobanx/a.py"]
    assert strangers([*own, *foreign], "toban-1") == foreign


def audited(*packages):
    return json.dumps({"dependencies": list(packages)})


def test_a_weakness_ends_the_release():
    weak = {
        "name": "a",
        "version": "1",
        "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}, {"id": "CVE-2", "fix_versions": []}],
    }
    with pytest.raises(
        Failure, match=r"a 1: CVE-1, mended in 2\n  a 1: CVE-2, not mended yet\nWrite newer ones: make lock"
    ):
        judge(audited(weak), "")


def test_what_was_not_audited_is_said():
    sound = {"name": "a", "version": "1", "vulns": []}
    assert str(judge(audited(sound), "")) == "1 packages, no known weakness"
    unknown = {"name": "b", "skip_reason": "not there"}
    assert str(judge(audited(sound, unknown), "")).startswith(
        "NOT AUDITED: the service knows nothing of 1 of 2 packages, such as b"
    )
    failed = judge("", "ERROR:x\nERROR:pip_audit:could not connect\n")
    assert str(failed).startswith(
        "NOT AUDITED: the service could not be asked (ERROR:pip_audit:could not connect)"
    )


def test_a_bundle_holds_what_is_locked_without_what_builds():
    # The SBOM and the audit of the bundle's lock are those of the wheel's requirements, too.
    bundled = {entry.requirement.name: entry for entry in read_lock(ROOT / LOCK)}
    locked = {entry.requirement.name: entry for entry in read_lock(ROOT / "requirements.lock")}
    assert {name: entry for name, entry in bundled.items() if name in locked} == {
        name: entry for name, entry in locked.items() if name in bundled
    }
    assert {"textual", "aiobotocore", "moto", "asyncpg", "pip"} <= set(bundled)
    assert not {"hatchling", "editables"} & set(bundled)
    assert all(entry.hashes and entry.version for entry in bundled.values())


@pytest.mark.parametrize(
    "path", ["requirements.lock", "requirements-dev.lock", "requirements-release.lock", str(LOCK)]
)
def test_no_lock_file_names_an_index(path):
    text = (ROOT / path).read_text("utf-8")
    assert "://" not in text
    assert "index" not in text


def test_what_releases_are_made_with_is_locked():
    names = {entry.requirement.name for entry in read_lock(ROOT / "requirements-release.lock")}
    assert {
        "twine",
        "cyclonedx-bom",
        "pip-audit",
        "hatchling",
        "packaging",
        "pip",
        "trove-classifiers",
        "comrak",
    } <= names
    assert "textual" not in names


def test_markers_and_tags_of_platforms(tmp_path):
    lock = tmp_path / "x.lock"
    lock.write_text('a==1 ; sys_platform == "win32" \\\n    --hash=sha256:' + "0" * 64 + "\n    # via b\n")
    (windows,) = read_lock(lock)
    assert windows.line == "a==1 --hash=sha256:" + "0" * 64
    assert not any(windows.is_for(environment(python, "linux-x86_64")) for python in PYTHONS)
    assert environment("3.13", "macos-aarch64")["platform_machine"] == "arm64"
    assert tags("linux-aarch64")[0] == "manylinux_2_28_aarch64"
    assert {"macosx_11_0_arm64", "macosx_11_0_universal2"} <= set(tags("macos-aarch64"))
    assert "macosx_11_0_x86_64" in tags("macos-x86_64")


def test_the_sbom_names_licences_files_and_needs():
    wheels = {
        "any/toban-1-py3-none-any.whl": wheel("toban", "Requires-Dist: A_b[fast]\nRequires-Dist: dev; extra == 'dev'\nProvides-Extra: dev"),
        "any/a_b-2-py3-none-any.whl": wheel("A_b", "License-Expression: MIT\nRequires-Dist: c; extra == 'fast'\nRequires-Dist: win; sys_platform == 'win32'"),
        "3.11-linux-x86_64/c-3-py3-none-any.whl": wheel("c", "Classifier: License :: OSI Approved\nClassifier: License :: OSI Approved :: BSD License"),
        "any/pip-4-py3-none-any.whl": wheel("pip", "License: MIT\n and more"),
    }  # fmt: skip
    index = {"externalReferences": [{"url": "https://index.example"}], "description": "line 1"}
    base = {
        "metadata": {"component": {"name": "toban", "bom-ref": "root"}},
        "components": [
            {"name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}", **index}
            for name, version in (("a-b", "2"), ("c", "3"), ("pip", "4"))
        ],
    }
    document = sbom.enriched(base, wheels, [environment("3.11", "linux-x86_64")])
    first, second, third = document["components"]
    assert first["licenses"] == [{"expression": "MIT", "acknowledgement": "declared"}]
    assert second["licenses"] == [{"license": {"name": "BSD License", "acknowledgement": "declared"}}]
    assert third["licenses"] == [{"license": {"name": "MIT", "acknowledgement": "declared"}}]
    path = "3.11-linux-x86_64/c-3-py3-none-any.whl"
    assert second["components"][0]["hashes"][0]["content"] == hashlib.sha256(wheels[path]).hexdigest()
    assert {each["ref"]: each["dependsOn"] for each in document["dependencies"]} == {
        "root": ["pkg:pypi/a-b@2", "pkg:pypi/pip@4"],
        "pkg:pypi/a-b@2": ["pkg:pypi/c@3"],
        "pkg:pypi/c@3": [],
        "pkg:pypi/pip@4": [],
    }
    assert "index.example" not in json.dumps(document)


def wheel(name, more):
    return zipped(
        {f"{name}-1.dist-info/METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: 1\n{more}\n\n"}
    )
