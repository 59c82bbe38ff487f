import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.clock import ManualClock
from services.models.verdict import Verdict
from tests.tui.startup.test_systems_config import runbook, write
from tui.cli.doctor import files
from tui.cli.doctor.examination import Examination, examination
from tui.start_options import StartError, StartOptions

NOON = datetime(2026, 1, 14, 3, 0, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        runbook(tmp_path, name)
    path = tmp_path / "config.toml"
    write(path, "".join(f'[[systems]]\nrunbook = "{tmp_path / name}.toml"\n' for name in ("a", "b")))
    return path


async def examined(config: Path, system: str | None = None) -> Examination:
    options = StartOptions(config=str(config), system=system)
    async with examination(options, ManualClock(NOON), no_aws=True) as subject:
        return subject


async def test_the_system_that_is_named_is_examined(config):
    first = await examined(config)
    assert first.runbook.system.id == "a"
    assert first.place.path.name == "a.db"
    second = await examined(config, "b")
    assert "(b)" in (await files.runbook(second)).text
    assert second.place.path.name == "b.db"
    with pytest.raises(StartError, match="a, b"):
        await examined(config, "c")


async def test_every_system_of_the_configuration_must_have_a_runbook_of_its_own(config):
    assert (await files.configuration(await examined(config))).verdict is Verdict.NORMAL
    copy = config.with_name("copy.toml")
    copy.write_bytes(config.with_name("a.toml").read_bytes())
    with config.open("a", encoding="utf-8") as more:
        more.write(f'[[systems]]\nrunbook = "{config.with_name("none.toml")}"\n')
        more.write(f'[[systems]]\nrunbook = "{copy}"\n')
    outcome = await files.configuration(await examined(config))
    assert outcome.verdict is Verdict.ABNORMAL
    missing, double = outcome.details
    assert missing.startswith(f"{config}:6: systems[2].runbook: ")
    assert "none.toml" in missing
    assert double.startswith(f"{config}:8: systems[3].runbook: ")
    assert shlex.split(outcome.remedy)[-1] == "doctor"
    # The system that is examined is judged by its own.
    assert (await files.runbook(await examined(config))).verdict is Verdict.NORMAL
