"""Reads the files that say which system is meant, and how AWS is reached: the configuration and the runbook."""

import asyncio
from dataclasses import dataclass

from services.aws.client.settings import AwsSettings, WriteRole
from services.models.runbook import Runbook
from services.runbook.loader import load_named
from services.toml.files import DataFileError
from tui.config import ConsoleConfig
from tui.start_options import StartError, StartOptions
from tui.startup.config_reader import in_words, load_config, status_of


@dataclass(frozen=True, slots=True)
class Sources:
    """The configuration in force, the runbook that it names, and the settings for AWS that follow from both."""

    config: ConsoleConfig
    runbook: Runbook
    settings: AwsSettings


async def read_sources(options: StartOptions) -> Sources:
    """Read the files in a thread. Raises StartError with every mistake and a remedy."""
    try:
        return await asyncio.to_thread(_read_files, options)
    except DataFileError as error:
        raise StartError("\n".join(in_words(error)), status_of(error)) from error


def write_role(config: ConsoleConfig) -> WriteRole | None:
    """The role that changes are sent with; None if none is configured."""
    arming = config.arming
    return WriteRole(arming.role_arn, arming.mfa_serial or "") if arming.role_arn else None


def _read_files(options: StartOptions) -> Sources:
    config = load_config(options)
    runbook = load_named(config.runbook)
    return Sources(config, runbook, settings_of(config, runbook))


def settings_of(config: ConsoleConfig, runbook: Runbook) -> AwsSettings:
    """How AWS is reached: as configured, in the runbook's region unless another is configured."""
    return AwsSettings(
        profile=config.profile or "",
        region=config.region or runbook.system.region,
        role_arn=config.role_arn or "",
        endpoint_url=config.endpoint_url or "",
        write_role=write_role(config),
    )
