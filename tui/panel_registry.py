"""The panels of the watch mode, one line each. A line contains the panel's key, palette entry and help, its
feed's configurable interval, and its place on the screen. Its widget, and the read function of its feed, are
in the one file that the line names."""

from dataclasses import dataclass

from services.i18n import N_
from tui.command import Command


@dataclass(frozen=True, slots=True)
class Interval:
    """Seconds between reads, a setting under `intervals` in the configuration."""

    key: str
    text: str  # What is read, for the list of settings
    default: float = 60.0
    least: float = 60.0
    most: float = 3600.0


@dataclass(frozen=True, slots=True)
class PanelSpec:
    id: str  # The widget's id and the feed's name; the command that focuses the panel is `focus-<id>`
    key: str
    title: str  # English; translated when shown
    help: str  # What the key does
    panel: str  # `module:Class`, a `WatchedPanel`, imported after the first frame
    words: str = ""  # Further words by which the palette finds it
    row: str = "auto"
    """Height (as in `grid-rows`) when panels are stacked; `auto`: as the panel needs, within bounds."""
    wide_row: str = "auto"
    """The same in the left column of a wide screen; "" for the panel that has the right column to itself."""
    short_row: str = ""
    """The same on a screen with few rows; "" for a panel that is then shown only alone, by its key."""
    interval: Interval | None = None
    """The default interval of its feed; None if it shows a state that the console follows anyway."""
    keys: tuple[Command, ...] = ()  # Its own commands, which work while it has the focus
    calls: tuple[str, ...] = ()
    """Every operation that the feeds it shows may call, `service:Operation`, as botocore names both."""

    @property
    def command(self) -> Command:
        action = f"screen.focus_panel('{self.id}')"
        return Command(
            f"focus-{self.id}", self.key, action, self.title, self.help, self.words, show=True, scope="watch"
        )


PANELS: tuple[PanelSpec, ...] = (
    PanelSpec("alarms", "a", N_("Alarms"), N_("Go to the alarms"), "tui.screens.watch.panels.alarms:WatchedAlarms", "あらーむ aramu けいほう keihou", short_row="auto", calls=("cloudwatch:DescribeAlarms", "cloudwatch:GetAlarmMuteRule", "cloudwatch:ListAlarmMuteRules", "cloudwatch:GetMetricData"), keys=(
        Command("acknowledge", "c", "screen.acknowledge", N_("Acknowledge"), N_("Acknowledge the alarm's present state, with a note for the next operator"), "かくにん kakunin りょうかい ryoukai ack", show=True, scope="watch"),
    )),
    PanelSpec("dashboard", "d", N_("Dashboard"), N_("Go to the dashboard"), "tui.screens.watch.panels.dashboard:WatchedDashboard", "だっしゅぼーど dasshubodo めとりくす metorikusu", row="1fr", wide_row="", short_row="auto", calls=("cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:GetMetricData")),
    PanelSpec("tail", "l", N_("Log tail"), N_("Go to the log tail"), "tui.screens.watch.panels.tail:WatchedTail", "ろぐ rogu てーる teru", row="9", wide_row="1fr", short_row="1fr", calls=("logs:DescribeLogGroups", "logs:FilterLogEvents")),
)  # fmt: skip
