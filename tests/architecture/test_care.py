import re
from pathlib import Path

import pytest
import yaml

from tests.tools.bump import exact_pins
from tests.tools.release.lock import read_lock

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/adr/*.md"), *ROOT.glob(".github/*.md"))
)
OURS = [
    page for page in PAGES if page.name.startswith(("CONTRIBUTING", "SECURITY")) or page.parent.name == "adr"
]
TWINS = ("CONTRIBUTING", "README", "SECURITY")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
_PLACE = re.compile(
    r"`((?:services|widgets|tui|tests|docs|\.github|\.ci)/[\w./-]*|\.pre-commit-config\.yaml|pyproject\.toml|requirements[\w-]*\.lock|CHANGELOG\.md)`"
)
_TARGET = re.compile(r"\bmake ([a-z][a-z0-9-]*)")
_LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def name_of(page):
    return page.relative_to(ROOT).as_posix()


def headings(page):
    return re.findall(r"^#+ .*$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)


def anchors(page):
    titles = (heading.lstrip("#").strip().lower() for heading in headings(page))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def places(text):
    return set(_PLACE.findall(text))


def targets(text):
    """The targets of make that a page names; in code alone, as "make" is also an English word."""
    code = re.findall(r"`[^`\n]+`|^make .*$", text, re.MULTILINE)
    return {target for part in code for target in _TARGET.findall(part)}


def unknown(names):
    return [name for name in sorted(names) if not re.search(rf"^{name}:", MAKEFILE, re.MULTILINE)]


@pytest.mark.parametrize("page", OURS, ids=name_of)
def test_every_place_and_target_that_a_page_names_exists(page):
    text = page.read_text("utf-8")
    assert [place for place in sorted(places(text)) if not (ROOT / place).exists()] == []
    assert unknown(targets(text)) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_to_a_file_and_a_heading(page):
    wrong = []
    for link in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        place, _hash, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = page if not place else (page.parent / place)
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


@pytest.mark.parametrize("name", TWINS)
def test_both_languages_have_the_same_sections_and_name_the_same_things(name):
    english, japanese = ROOT / f"{name}.md", ROOT / f"{name}.ja.md"
    levels = [[heading.partition(" ")[0] for heading in headings(page)] for page in (english, japanese)]
    assert levels[0] == levels[1]
    texts = [page.read_text("utf-8") for page in (english, japanese)]
    assert places(texts[0]) == places(texts[1])
    assert targets(texts[0]) == targets(texts[1])


def test_every_decision_has_its_number_its_sections_and_its_line():
    index = (ROOT / "docs/adr/README.md").read_text("utf-8")
    records = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
    for number, record in enumerate(records, 1):
        title, *sections = headings(record)
        assert record.name.startswith(f"{number:04}-")
        assert sections == ["## Context", "## Decision", "## Consequences", "## Rejected"]
        assert f"| {number} | [{title.removeprefix(f'# {number}. ')}]({record.name}) |" in index
    assert len(records) == index.count(".md) |")


def test_pre_commit_runs_the_commands_of_make_lint():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    (repository,) = config["repos"]
    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    recipe = MAKEFILE.partition("\nlint: ")[2].partition("\n\n")[0].splitlines()[1:]
    assert [hook["entry"] for hook in repository["hooks"]] == [
        line.strip().replace("$(BIN)", ".venv/bin") for line in recipe
    ]


WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_pins_its_actions_may_little_and_runs_targets_that_exist(path):
    text = path.read_text("utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert all(
        re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", used) for used in re.findall(r"uses: (.*)", text)
    )
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert unknown({target for command in commands for target in _TARGET.findall(command)}) == []


def test_each_exact_pin_is_moved_alone_and_is_what_the_locks_have():
    pins = exact_pins((ROOT / "pyproject.toml").read_text("utf-8"))
    bumps = yaml.safe_load((ROOT / ".github/workflows/bumps.yml").read_text("utf-8"))
    alone = [row["package"] for row in bumps["jobs"]["bump"]["strategy"]["matrix"]["include"]]
    assert sorted(alone) == ["", *sorted(pins)]
    for name in ("requirements.lock", "requirements-dev.lock"):
        locked = {entry.requirement.name: entry.version for entry in read_lock(ROOT / name)}
        assert {package: locked[package] for package in pins} == pins
