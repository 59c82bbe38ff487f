from pathlib import Path

import pytest

from services.runbook import loader
from tests.tools.config_file import write
from tui.cli.config_command import configuration
from tui.start_options import StartOptions
from tui.startup.config_reader import ConfigError, effective, load_config
from tui.startup.sources import every_source, read_sources
from tui.startup.systems import each_system

SHIPPED = Path(loader.__file__).parent / "facility-prod.toml"


def runbook(folder: Path, id: str) -> None:
    text = SHIPPED.read_text("utf-8")
    assert 'id = "facility-prod"' in text
    (folder / f"{id}.toml").write_text(text.replace('id = "facility-prod"', f'id = "{id}"', 1), "utf-8")


def refusals(options: StartOptions | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(options)
    return [str(each) for each in caught.value.mistakes]


def test_each_system_has_its_own_settings_over_those_at_the_top(file):
    write(
        file,
        'profile = "all"\nregion = "ap-northeast-1"\ntheme = "dark"\n'
        '[[systems]]\nrunbook = "facility-prod"\n'
        '[[systems]]\nrunbook = "books/other.toml"\nprofile = "other"\nregion = "ap-northeast-3"\n'
        'role_arn = "arn:aws:iam::123456789012:role/Watch"\nmonitoring_profile = "watch"\njournal = "b.db"\n',
    )
    first, second = each_system(load_config())
    assert (first.runbook, first.profile, first.region, first.journal) == (
        "facility-prod",
        "all",
        "ap-northeast-1",
        None,
    )
    assert second.runbook == str(file.parent / "books/other.toml")
    assert (second.profile, second.region, second.journal) == ("other", "ap-northeast-3", "b.db")
    assert second.role_arn == "arn:aws:iam::123456789012:role/Watch"
    assert (first.theme, second.theme) == ("dark", "dark")
    # Whoever asks for "the" configuration gets that of the first system.
    assert load_config().runbook == "facility-prod"


def test_without_systems_there_is_one(file):
    write(file, 'profile = "all"\n')
    (only,) = each_system(load_config())
    assert (only.runbook, only.profile, only.systems) == ("facility-prod", "all", ())


def test_a_runbook_that_is_asked_for_opens_alone(file, monkeypatch):
    write(file, '[[systems]]\nrunbook = "a.toml"\n[[systems]]\nrunbook = "b.toml"\n')
    (only,) = each_system(load_config(StartOptions(runbook="facility-prod")))
    assert only.runbook == "facility-prod"
    monkeypatch.setenv("TOBAN_RUNBOOK", "facility-prod")
    assert [each.runbook for each in each_system(load_config())] == ["facility-prod"]


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ('[[systems]]\nprofile = "a"\n', 1, "systems[0].runbook"),
        ('[[systems]]\nrunbook = "a"\nprofil = "a"\n', 3, "systems[0].profil"),
        ('[[systems]]\nrunbook = "a"\nregion = "mars"\n', 3, "systems[0].region"),
        ('[[systems]]\nrunbook = "a"\n[[systems]]\nrunbook = "a"\n', 4, "systems[1].runbook"),
        (
            '[[systems]]\nrunbook = "a"\njournal = "x.db"\n[[systems]]\nrunbook = "b"\njournal = "x.db"\n',
            6,
            "systems[1].journal",
        ),
        ('journal = "x.db"\n[[systems]]\nrunbook = "a"\n[[systems]]\nrunbook = "b"\n', 1, "journal"),
    ],
)
def test_a_mistake_names_its_line_and_key(file, text, line, key):
    write(file, text)
    assert any(each.startswith(f"{file}:{line}: {key}: ") for each in refusals()), refusals()


def test_systems_cannot_come_from_the_environment(file, monkeypatch):
    monkeypatch.setenv("TOBAN_SYSTEMS", "[]")
    assert any("TOBAN_SYSTEMS" in each for each in refusals())


async def test_two_systems_with_one_id_are_refused(file):
    for name in ("a", "b"):
        runbook(file.parent, name)
    (file.parent / "copy.toml").write_bytes((file.parent / "a.toml").read_bytes())
    write(
        file,
        '[[systems]]\nrunbook = "./a.toml"\n[[systems]]\nrunbook = "./b.toml"\nregion = "ap-northeast-3"\n',
    )
    first, second = every_source(effective(StartOptions()))
    assert (first.runbook.system.id, second.runbook.system.id) == ("a", "b")
    assert (first.settings.region, second.settings.region) == ("ap-northeast-1", "ap-northeast-3")
    with file.open("a", encoding="utf-8") as more:
        more.write('[[systems]]\nrunbook = "./copy.toml"\n')
    with pytest.raises(ConfigError) as caught:
        every_source(effective(StartOptions()))
    assert str(caught.value).startswith(f"{file}:7: systems[2].runbook: ")
    # It does not keep the first system from its start.
    assert (await read_sources(StartOptions())).runbook.system.id == "a"


def test_the_configuration_is_listed(file):
    write(file, '[[systems]]\nrunbook = "a.toml"\n[[systems]]\nrunbook = "facility-prod"\n')
    (line,) = [each for each in configuration(StartOptions()) if each.startswith("systems")]
    assert "a.toml, facility-prod" in line
    assert f"{file}:1" in line
