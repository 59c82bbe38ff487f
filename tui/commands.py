"""Every command of the console, one line each.

A line gives the key, the palette entry with its Japanese reading and romaji, the help text and the
smoke test. Keys can be changed in the configuration by the command's id.
"""

from dataclasses import dataclass

from textual.binding import Binding

from services.i18n import N_


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the operator can ask for."""

    id: str
    key: str
    """Default key as Textual spells it; several are separated by commas."""
    action: str
    title: str
    """English; translated where shown."""
    help: str
    words: str = ""
    """Further words the palette finds it by: reading in kana, romaji, synonyms."""
    show: bool = False
    """In the footer, too."""
    scope: str = "app"
    """`app`, or the mode it belongs to."""
    priority: bool = False


COMMANDS: tuple[Command, ...] = (
    Command("help", "question_mark,f1", "app.keys_help", N_("Help"), N_("Keys and commands that work here"), "へるぷ herupu たすけ つかいかた tsukaikata", show=True),
    Command("palette", "ctrl+p", "app.command_palette", N_("Commands"), N_("Find a command by name, reading or romaji"), "ぱれっと paretto こまんど komando", show=True),
    Command("jump", "colon", "app.jump", N_("Jump"), N_("Go to an alarm, a panel or a log group by name"), "じゃんぷ janpu いどう idou", show=True),
    Command("refresh", "ctrl+r", "app.refresh_feeds", N_("Read again"), N_("Read everything from AWS now"), "こうしん koushin さいよみこみ saiyomikomi reload"),
    Command("zone", "u", "app.toggle_zone", N_("JST/UTC"), N_("Show times in JST or UTC"), "じこく jikoku たいむぞーん taimuzon utc jst"),
    Command("redraw", "ctrl+l", "app.redraw", N_("Redraw"), N_("Paint the whole screen anew"), "さいびょうが saibyouga repaint"),
    Command("theme", "", "app.next_theme", N_("Theme"), N_("Next colour theme: dark, light, 16 colours"), "てーま tema いろ iro haishoku"),
    Command("language", "", "app.next_language", N_("Language"), N_("Japanese or English"), "げんご gengo nihongo eigo english"),
    Command("duty-list", "", "app.show_runbook", N_("Runbook"), N_("Contacts, approvers and limits of the runbook; what is undecided"), "てじゅんしょ tejunsho れんらくさき renrakusaki contacts"),
    Command("usage", "", "app.show_usage", N_("AWS usage"), N_("Requests and yen spent today, by operation"), "りょうきん ryoukin よびだし yobidashi cost"),
    Command("screenshot", "", "app.screenshot", N_("Screenshot"), N_("Save the screen as SVG, readable by you alone"), "すくりーんしょっと sukurinshotto gamen"),
    Command("quit", "ctrl+q", "app.quit", N_("Quit"), N_("End the console"), "しゅうりょう shuuryou おわる owaru exit"),
    Command("focus-alarms", "a", "screen.focus_panel('alarms')", N_("Alarms"), N_("Go to the alarms"), "あらーむ aramu けいほう keihou", show=True, scope="watch"),
    Command("focus-dashboard", "d", "screen.focus_panel('dashboard')", N_("Dashboard"), N_("Go to the dashboard"), "だっしゅぼーど dasshubodo めとりくす metorikusu", show=True, scope="watch"),
    Command("focus-tail", "l", "screen.focus_panel('tail')", N_("Log tail"), N_("Go to the log tail"), "ろぐ rogu てーる teru", show=True, scope="watch"),
    Command("zoom", "z", "screen.zoom", N_("Zoom"), N_("Give the focused panel the whole screen, or back"), "かくだい kakudai さいだいか saidaika maximize", show=True, scope="watch"),
    Command("pane-open", "o", "screen.open_pane", N_("Another pane"), N_("Follow one more log group beside this one"), "ぺいん pein ならべる naraberu tsuika", show=True, scope="logs"),
    Command("pane-close", "x", "screen.close_pane", N_("Close pane"), N_("Stop following in this pane"), "とじる tojiru ぺいん", show=True, scope="logs"),
)  # fmt: skip


def bindings(scope: str) -> list[Binding]:
    """The bindings of `app` or of one mode, from the registry."""
    return [
        Binding(
            command.key,
            command.action,
            command.title,
            show=command.show,
            id=command.id,
            tooltip=command.help,
            priority=command.priority,
        )
        for command in COMMANDS
        if command.scope == scope and command.key
    ]
