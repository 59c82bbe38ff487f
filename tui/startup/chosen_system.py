from collections.abc import Iterator
from dataclasses import dataclass

from services.i18n import _
from services.models.runbook import Runbook
from services.models.text import clean
from services.runbook.loader import load_named
from services.toml import mistakes
from services.toml.files import DataFileError, Mistake
from tui.config import ConsoleConfig
from tui.startup.systems import each_system, same_id


@dataclass(frozen=True, slots=True)
class ConfiguredSystem:
    """One system of the configuration: its settings, and its runbook or why there is none."""

    config: ConsoleConfig
    runbook: Runbook | None
    error: DataFileError | None = None

    @property
    def id(self) -> str:
        return str(self.runbook.system.id) if self.runbook else clean(self.config.runbook)

    @property
    def name(self) -> str:
        if self.runbook is None:
            return self.id
        return _("{title} ({target})", title=self.runbook.system.title, target=self.id)


def configured_systems(config: ConsoleConfig) -> Iterator[ConfiguredSystem]:
    """Every system in the order of the file; reads each runbook when its turn comes. Of two with one id, by
    which a system is chosen and its journal is named, the second counts as one that cannot be read."""
    firsts: dict[str, int] = {}
    for index, own in enumerate(each_system(config)):
        try:
            runbook = load_named(own.runbook)
        except DataFileError as error:
            yield ConfiguredSystem(own, None, error)
            continue
        id = str(runbook.system.id)
        if (first := firsts.setdefault(id, index)) == index:
            yield ConfiguredSystem(own, runbook)
        else:
            mistake = Mistake(clean(own.runbook), None, "system.id", same_id(first, id))
            yield ConfiguredSystem(own, None, DataFileError([mistake]))


def chosen_system(config: ConsoleConfig, id: str) -> ConsoleConfig:
    """The configuration of the system that `--system` names. Raises DataFileError, which lists the ids."""
    ids: list[str] = []
    unread: list[str] = []
    for system in configured_systems(config):
        if system.runbook is None:
            unread.append(system.id)
        elif system.id == id:
            return system.config
        else:
            ids.append(system.id)
    similar = mistakes.suggestion(id, ids)
    names = _("available: {names}", names=", ".join(ids))
    text = _('"{name}" does not exist', name=clean(id)) + ": " + "; ".join(filter(None, (similar, names)))
    if unread:
        text = _("{text}; these runbooks cannot be read: {names}", text=text, names=", ".join(unread))
    raise DataFileError([Mistake(_("command line"), None, "--system", text)])
