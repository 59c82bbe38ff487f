from collections.abc import Iterator

from services.host.regular_files import named
from services.i18n import _
from services.toml.positions import Path as KeyPath
from tui.config import ConsoleConfig, SystemConfig

_OWN = tuple(name for name in SystemConfig.model_fields if name in ConsoleConfig.model_fields)
"""The settings that a system may have in place of those at the top."""


def each_system(config: ConsoleConfig) -> tuple[ConsoleConfig, ...]:
    """The whole configuration as it is for each system, in the order of the file; at least one."""
    if not config.systems:
        return (config,)
    return tuple(
        config.model_copy(
            update={name: value for name in _OWN if (value := getattr(system, name)) is not None}
        )
        for system in config.systems
    )


def system_mistakes(config: ConsoleConfig) -> Iterator[tuple[KeyPath, str]]:
    """The key and the mistake wherever two systems are one, or would write into one journal."""
    if not config.systems:
        return
    runbooks: dict[str, int] = {}
    journals: dict[str, int] = {}
    for index, own in enumerate(each_system(config)):
        first = runbooks.setdefault(own.runbook, index)
        if first != index:
            yield ("systems", index, "runbook"), same_runbook(first)
        elif own.journal and "://" not in own.journal:
            first = journals.setdefault(str(named(own.journal).absolute()), index)
            if first != index:
                is_own = config.systems[index].journal is not None
                text = _("systems[{first}] has the same journal: give each system its own", first=first)
                yield (("systems", index, "journal") if is_own else ("journal",)), text


def same_runbook(first: int) -> str:
    return _("systems[{first}] has this runbook already: each system is listed once", first=first)


def same_id(first: int, id: str) -> str:
    text = _(
        "the runbook's system.id is {id}, as that of systems[{first}]: give each system an id of its own"
    )
    return text.format(id=id, first=first)
