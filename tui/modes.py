"""The modes, each one key away, in the order of the day's work."""

from dataclasses import dataclass

from services.i18n import N_


@dataclass(frozen=True, slots=True)
class Mode:
    id: str
    key: str
    title: str  # English; translated when shown
    screen: str  # `module:Class`, imported when the mode is first shown
    help: str
    words: str = ""  # Japanese readings and further words that the palette finds it by


MODES: tuple[Mode, ...] = (
    Mode("watch", "1", N_("Watch"), "tui.screens.watch.watch:WatchScreen", N_("Alarms, dashboard and log tail"), "かんし kanshi"),
    Mode("inspect", "2", N_("Inspect"), "tui.screens.duties.inspect:InspectScreen", N_("Today's duties and the calendar"), "てんけん tenken ていれい teirei さぎょう sagyou かれんだー karenda duty"),
    Mode("logs", "3", N_("Logs"), "tui.screens.logs.logs:LogsScreen", N_("Log groups side by side"), "ろぐ rogu"),
    Mode("change", "4", N_("Change"), "tui.screens.changes.change_screen:ChangeScreen", N_("Changes to production: plan, confirm, follow"), "そうさ sousa へんこう henkou"),
    Mode("respond", "5", N_("Respond"), "tui.screens.respond.respond:RespondScreen", N_("Incidents: causes, steps, clocks, timeline"), "たいおう taiou しょうがい shougai いんしでんと inshidento incident"),
    Mode("journal", "6", N_("Journal"), "tui.screens.journal.journal:JournalScreen", N_("Who did what, when"), "きろく kiroku"),
)  # fmt: skip
"""The modes of every console, in the order of the mode line."""
SYSTEMS = Mode("systems", "9", N_("Overview"), "tui.screens.systems.systems:SystemsScreen", N_("Several systems at once: what is wrong, what waits, how old that is"), "いちらん ichiran しすてむ shisutemu fleet systems")  # fmt: skip
"""The mode of a console that watches several systems; with one it does not exist."""
ALL_MODES = (*MODES, SYSTEMS)


def modes(*, several: bool) -> tuple[Mode, ...]:
    return ALL_MODES if several else MODES
