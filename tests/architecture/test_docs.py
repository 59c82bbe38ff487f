import re
import tomllib

import pytest

from services.runbook.loader import load
from tests.tools.docs import typed_commands
from tests.tools.docs.pages import LANGUAGES, ROOT, SITE, mistakes, pages
from tui.config import ConsoleConfig


def test_both_languages_have_the_same_pages_and_their_parts_are_those_of_the_code():
    assert list(mistakes()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_that_a_page_shows_is_accepted(language):
    assert list(typed_commands.mistakes(pages(language))) == []


def _toml(language, name):
    text = (SITE / language / name).read_text("utf-8")
    return re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_of_a_runbook_and_a_configuration_are_valid(language, tmp_path):
    example = (ROOT / "services/runbook/facility-prod.toml").read_text("utf-8")
    path = tmp_path / "city.toml"
    blocks = _toml(language, "runbook.md")
    path.write_text(example + "\n" + "\n".join(blocks), "utf-8")
    runbook = load(path)
    assert blocks
    assert runbook.duties[-1].id == "queue-check"
    assert runbook.playbooks[-1].id == "queue-full"
    for name in ("configuration.md", "first-config.md", "systems.md"):
        assert [ConsoleConfig(**tomllib.loads(block)) for block in _toml(language, name)], name


def test_every_page_is_in_the_navigation_of_its_language():
    for language, config in (("ja", ROOT / "mkdocs.yml"), ("en", SITE / "en.yml")):
        named = re.findall(
            r"^ {6}- .*: ([a-z-]+\.md)$|^  - .*: ([a-z-]+\.md)$", config.read_text("utf-8"), re.MULTILINE
        )
        names = [first or second for first, second in named]
        shared = {"guide.md", "screens.md", "log-viewers.md"}
        assert sorted(set(names) - shared) == [page.name for page in pages(language)]


def test_no_page_and_no_template_loads_anything_from_another_host():
    for path in (*SITE.rglob("*.html"), *SITE.rglob("*.css"), *SITE.rglob("*.js"), *SITE.rglob("*.md")):
        text = path.read_text("utf-8")
        assert not re.search(r"""(?:src|href)=["']https?:|url\(["']?https?:|!\[[^\]]*\]\(https?:""", text), (
            path
        )
    assert "font: false" in (ROOT / "mkdocs.yml").read_text("utf-8")


def test_pictures_are_of_the_page_s_language():
    for language in LANGUAGES:
        for page in pages(language):
            for picture in re.findall(r"\]\(screens/([^)]+)\)", page.read_text("utf-8")):
                assert (ROOT / "docs/screens" / picture).is_file(), picture
                assert picture.endswith("-ja.svg") == (language == "ja"), picture


def test_what_the_site_is_built_with_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lock = (ROOT / "requirements-docs.lock").read_text("utf-8")
    for requirement in project["dependency-groups"]["docs"]:
        name = re.split(r"[\[<>=]", requirement)[0]
        assert re.search(rf"^{name}==\S+ \\$", lock, re.MULTILINE), name
    assert "https://" not in lock
