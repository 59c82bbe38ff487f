from rich.cells import cell_len
from textual.content import Content
from textual.getters import app as app_getter
from textual.widget import Widget
from textual.widgets import Static

from services.i18n import _
from services.models.runbook import Environment
from tui.console import Console
from tui.screens.common.type_ahead_guard import GuardedDialog, T

CORNERS = 6  # Cells of the window's border that no title can take


class PlacedDialog(GuardedDialog[T]):
    """A guarded dialog whose frame and first row (`#place`) have the environment's colour."""

    DEFAULT_CSS = """
    PlacedDialog > #window > #place { height: 1; padding: 0 1; background: $panel; margin-bottom: 1; }
    PlacedDialog.-short > #window { max-height: 100%; }
    PlacedDialog.-short > #window > #place { margin-bottom: 0; }
    PlacedDialog.-production > #window { border: heavy $error; border-title-color: $text-error; }
    PlacedDialog.-production > #window > #place { background: $error-muted; }
    PlacedDialog.-staging > #window { border: heavy $warning; border-title-color: $text-warning; }
    PlacedDialog.-staging > #window > #place { background: $warning-muted; }
    PlacedDialog.-production:ansi > #window > #place { background: ansi_red; color: ansi_bright_white; }
    PlacedDialog Input:ansi:focus { background: ansi_blue; color: ansi_bright_white; }
    PlacedDialog Input:ansi:focus > .input--placeholder { color: ansi_bright_white; }
    PlacedDialog Input:ansi > .input--selection { background: ansi_blue; color: ansi_bright_white; }
    PlacedDialog.-staging:ansi > #window > #place { background: ansi_yellow; color: ansi_black; }
    """

    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012  Textual's own

    app = app_getter(Console)
    names_system = False

    def on_mount(self) -> None:
        self.add_class(f"-{self.app.ready.runbook.system.environment.value}")

    def environment_row(self) -> Static:
        return Static(self._where(), id="place")

    def entitle(self, window: Widget, title: str, target: str) -> None:
        """Title `window` with both; a target that has no room there takes the region's place in the first row."""
        whole = f"{title}: {target}"
        fits = not self.is_mounted or cell_len(whole) <= window.size.width - CORNERS
        window.border_title = Content(whole if fits else title)
        if self.is_mounted:
            self.query_one("#place", Static).update(self._where("" if fits else target))

    def _where(self, target: str = "") -> Content:
        system = self.app.ready.runbook.system
        words = {
            Environment.PRODUCTION: _("PRODUCTION"),
            Environment.STAGING: _("STAGING"),
            Environment.TEST: _("TEST"),
        }
        region = self.app.ready.session.settings.region or system.region
        # Among 16 colours the row has the environment's colour itself, on which that colour cannot be seen.
        style = "bold reverse" if self.app.native_ansi_color else _STYLES[system.environment]
        name = Content.styled(f" {words[system.environment]} ", style)
        last = Content.styled(target, "bold") if target else Content(region)
        return Content.assemble(name, "  ", f"{system.title}  {system.account}  ", last)


_STYLES = {
    Environment.PRODUCTION: "bold reverse $text-error",
    Environment.STAGING: "bold reverse $text-warning",
    Environment.TEST: "bold reverse $text-success",
}
