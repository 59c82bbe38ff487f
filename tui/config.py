"""The console's own configuration as one frozen value; `tui.startup.config_reader` reads it from flags,
environment and file. Imported late: the first frame is drawn before pydantic-settings is loaded."""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from services.i18n import _
from services.journal.ledgers.registry import is_address, parse
from services.models.intervals import Intervals
from services.models.runbook_types import Region
from tui.panel_registry import PANELS
from tui.start_options import Language, Output, Theme
from tui.terminal.cells.line_speed import Link

PREFIX = "TOBAN_"  # Of the environment variables that hold settings
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", re.ASCII)
_DEVICE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:mfa/[\w+=,.@/-]+|[A-Za-z0-9-]{9,64}", re.ASCII)
"""An MFA device: an ARN, or the serial number of hardware."""


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        # Reading the port raises where it is no number.
        port_in_range = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        port_in_range
        and parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and text.isprintable()
        and " " not in text
    )


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _file_name(value: str | None) -> str | None:
    if value and "\0" in value:
        raise ValueError(_("cannot be the name of a file"))
    return value


def _address(value: str | None) -> str | None:
    """Check `endpoint_url` here: the SDK would find the mistake later, with a less helpful message."""
    if value is not None and not is_web_address(value):
        raise ValueError(_("must be an address such as https://localhost:4566"))
    return value


def _journal(value: str | None) -> str | None:
    if value and is_address(value):
        parse(value)
    return _file_name(value)


FileName = Annotated[str | None, AfterValidator(_file_name)]


def _role_arn(value: str | None) -> str | None:
    if value is not None and not _ROLE.fullmatch(value):
        raise ValueError(_("must be the ARN of a role such as arn:aws:iam::123456789012:role/TobanWrite"))
    return value


def _device(value: str | None) -> str | None:
    if value is not None and not _DEVICE.fullmatch(value):
        raise ValueError(
            _(
                "must be the ARN of an MFA device such as arn:aws:iam::123456789012:mfa/tanaka, or its serial number"
            )
        )
    return value


class ArmingConfig(BaseModel):
    """The role that changes are sent with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role_arn: Annotated[str | None, AfterValidator(_role_arn)] = None
    """A role that is assumed for each change while the console is armed, and for nothing else."""
    mfa_serial: Annotated[str | None, AfterValidator(_device)] = None
    """The MFA device whose code is asked for when arming; needs `role_arn`."""

    @model_validator(mode="after")
    def _role_for_device(self) -> "ArmingConfig":
        if self.mfa_serial and not self.role_arn:
            raise ValueError(
                _("mfa_serial needs role_arn: the code is for the role that changes are sent with")
            )
        return self


class SystemConfig(BaseModel):
    """One of several systems that the console watches; what it does not set is as at the top of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    runbook: Annotated[str, Field(min_length=1), AfterValidator(_file_name)]
    """The system's runbook: a file, or the name of one that ships with the console."""
    profile: str | None = None
    """AWS profile for this system."""
    region: Region | None = None
    """AWS region; one that is not the runbook's is refused before anything is judged."""
    endpoint_url: Annotated[str | None, AfterValidator(_address)] = None
    """AWS endpoint in place of Amazon's."""
    role_arn: str | None = None
    """A role to assume for reading this system's account."""
    journal: Annotated[str | None, AfterValidator(_journal)] = None
    """The journal of this system: a file of its own, or the address of a ledger."""
    monitoring_profile: str | None = None
    """AWS profile of a monitoring account that has this system's metrics and logs."""
    monitoring_role_arn: str | None = None
    """A role in that monitoring account."""


def _with_panels() -> type[Intervals]:
    intervals = [panel.interval for panel in PANELS if panel.interval is not None]
    fields: dict[str, Any] = {
        each.key: (Annotated[float, Field(ge=each.least, le=each.most)], each.default) for each in intervals
    }
    return create_model("PanelIntervals", __base__=Intervals, **fields) if fields else Intervals


PanelIntervals = _with_panels()


class ConsoleConfig(BaseSettings):
    """How this person wants the console, and which system it opens."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    runbook: Annotated[str, Field(min_length=1), AfterValidator(_file_name)] = "facility-prod"
    """The system's runbook: a file, or the name of one that ships with the console."""
    profile: str | None = None
    """AWS profile, as in AWS_PROFILE."""
    region: Region | None = None
    """AWS region; one that is not the runbook's is refused before anything is judged."""
    endpoint_url: Annotated[str | None, AfterValidator(_address)] = None
    """AWS endpoint in place of Amazon's, as in AWS_ENDPOINT_URL."""
    role_arn: str | None = None
    """A role to assume for reading."""
    monitoring_profile: str | None = None
    """AWS profile of a monitoring account that has the system's metrics and logs."""
    monitoring_role_arn: str | None = None
    """A role in that monitoring account."""
    journal: Annotated[str | None, AfterValidator(_journal)] = None
    """The journal's file, shared by the consoles of one host, or the address of a ledger that several hosts share; by
    default a file of this person's own."""
    systems: tuple[SystemConfig, ...] = ()
    """Several systems at once, one `[[systems]]` each, the first shown first."""
    debug: FileName = None
    """Where tracebacks of the console's own faults are kept; by default `debug.log` beside this person's journals."""
    read_only: bool = False
    """Never change anything: arming is refused."""
    arm_minutes: Annotated[int, Field(ge=1, le=60)] = 15
    """How long writing is allowed once armed."""
    arming: ArmingConfig = ArmingConfig()
    """Sending changes with a role of their own."""
    lang: Language | None = None
    """Language of the screen; by default as the locale says, else Japanese."""
    theme: Theme = "auto"
    """Colours; `16` and `16-light` keep to the terminal's own sixteen."""
    link: Link = "auto"
    """The line to the terminal: `slow` sends fewer and smaller frames, `auto` as the terminal's answers tell."""
    output: Output = "cells"
    """What draws the terminal: changed cells alone, or `textual`, Textual's own output, for troubleshooting."""
    mouse: bool = True
    """Whether the mouse works; without it the terminal's own selection does."""
    bell: bool = True
    """Ring once when an alarm changes its state."""
    log_groups: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = ()
    """Log groups offered beside the runbook's; commas separate them in the environment."""
    log_memory_mb: Annotated[int, Field(ge=8, le=2048)] = 64
    """Memory that log lines may take, in MB; the oldest leave first."""
    intervals: PanelIntervals = PanelIntervals()  # type: ignore[valid-type]  # its keys are the registry's
    """Seconds between reads."""
    keys: dict[str, str] = {}
    """Keys by command id, e.g. `quit = "ctrl+q"`; commas separate several. As Textual spells them once loaded."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use only the values passed in: the caller merges the sources, so that it knows each value's origin."""
        return (init_settings,)
