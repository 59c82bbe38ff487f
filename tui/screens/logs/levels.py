from services.i18n import _
from services.models.logs import Severity
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from widgets.logs.pane.pane import LogPane


def choose_level(app: Console, pane: LogPane) -> None:
    choices = [Choice(str(int(each)), level_words(each), _note(each, pane.threshold)) for each in Severity]

    def chosen(level: str | None) -> None:
        if level is not None and pane.is_attached:
            pane.show_from(Severity(int(level)))

    present = str(int(pane.threshold))
    app.push_screen(ChooseScreen(_("Lowest level shown"), choices, at=present, harmless=True), chosen)


def level_words(level: Severity) -> str:
    if level is Severity.PLAIN:
        return _("all lines")
    return level.name if level is Severity.FATAL else _("{level} and worse", level=level.name)


def _note(level: Severity, present: Severity) -> str:
    return _("shown at present") if level is present else ""
