import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from services.aws.client.settings import AwsSettings, MonitoringAccount, WriteRole
from services.models.runbook import Runbook
from services.runbook.loader import load_named
from services.toml.files import DataFileError, Mistake
from tui.config import ConsoleConfig
from tui.start_options import StartError, StartOptions
from tui.startup.config_reader import ConfigError, Effective, in_words, load_config, status_of
from tui.startup.systems import each_system, same_id

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ConfigSources:
    config: ConsoleConfig  # In force for this system: its own settings over those at the top of the file
    runbook: Runbook
    settings: AwsSettings


async def read_sources(options: StartOptions) -> ConfigSources:
    """Read the files of the system that is shown first, in a thread. Raises StartError with every mistake and
    a remedy. Other systems' runbooks are not read: their mistakes must not prevent this start."""
    return await _in_words(lambda: sources_of(load_config(options)))


async def _in_words(read: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(read)
    except DataFileError as error:
        raise StartError("\n".join(in_words(error)), status_of(error)) from error


def write_role(config: ConsoleConfig) -> WriteRole | None:
    arming = config.arming
    return WriteRole(arming.role_arn, arming.mfa_serial or "") if arming.role_arn else None


def monitoring_account(config: ConsoleConfig, runbook: Runbook) -> MonitoringAccount | None:
    """Where the system's metrics and logs are read; None: in its own account."""
    profile, role = config.monitoring_profile or "", config.monitoring_role_arn or ""
    return MonitoringAccount(runbook.system.account, profile, role) if profile or role else None


def sources_of(config: ConsoleConfig) -> ConfigSources:
    """Read the runbook of one system, whose configuration `each_system` gives. Blocks; raises DataFileError."""
    runbook = load_named(config.runbook)
    return ConfigSources(config, runbook, settings_of(config, runbook))


def settings_of(config: ConsoleConfig, runbook: Runbook) -> AwsSettings:
    """How AWS is reached: as configured, in the runbook's region unless another is configured."""
    return AwsSettings(
        profile=config.profile or "",
        region=config.region or runbook.system.region,
        role_arn=config.role_arn or "",
        endpoint_url=config.endpoint_url or "",
        write_role=write_role(config),
        monitoring=monitoring_account(config, runbook),
    )


def every_source(in_force: Effective) -> tuple[ConfigSources, ...]:
    """Read the files of all systems, in the order of the configuration. Blocks. Raises ConfigError with the
    line of every system whose runbook cannot be used, or has the id of another's."""
    sources: list[ConfigSources] = []
    mistakes: list[Mistake] = []
    ids: dict[str, int] = {}
    for index, own in enumerate(each_system(in_force.config)):
        place = ("systems", index, "runbook")
        try:
            source = sources_of(own)
        except DataFileError as error:
            mistakes.append(in_force.file.mistake(place, str(error.mistakes[0])))
            continue
        sources.append(source)
        id = source.runbook.system.id
        if (first := ids.setdefault(id, index)) != index:
            mistakes.append(in_force.file.mistake(place, same_id(first, id)))
    if mistakes:
        raise ConfigError(mistakes)
    return tuple(sources)
