"""Every command of the console, one line each. A line defines the key, the palette entry with its Japanese
reading and romaji, the help text and the smoke test; the commands that lead to panels come from the registry
of the panels. Keys can be changed in the configuration by the command's id."""

from textual.binding import Binding

from services.i18n import N_
from tui.command import Command
from tui.panel_registry import PANELS
from widgets.frame.key_names import without_key

COMMANDS: tuple[Command, ...] = (
    Command("help", "question_mark,f1", "app.keys_help", N_("Help"), N_("Keys and commands that work here"), "へるぷ herupu たすけ つかいかた tsukaikata", show=True),
    Command("palette", "ctrl+p", "app.command_palette", N_("Commands"), N_("Find a command by name, reading or romaji"), "ぱれっと paretto こまんど komando", show=True),
    Command("jump", "colon", "app.jump", N_("Jump"), N_("Go to an alarm, a panel, a log group or a change by name, or to a date"), "じゃんぷ janpu いどう idou ひづけ hizuke date", show=True),
    Command("newest-firing", "exclamation_mark", "app.newest_firing", N_("Newest firing"), N_("Open the alarm that fired last"), "はっぽう happou さいしん saishin あらーむ aramu けいほう keihou"),
    Command("refresh", "f5,ctrl+r", "app.refresh_feeds", N_("Refresh"), N_("Read everything from AWS now"), "こうしん koushin さいよみこみ saiyomikomi reload"),
    Command("zone", "U", "app.toggle_zone", N_("JST/UTC"), N_("Show times in JST or UTC"), "じこく jikoku たいむぞーん taimuzon utc jst"),
    Command("system-next", "backslash", "app.next_system(1)", N_("Next system"), N_("Show the next or previous system of the list"), "つぎのしすてむ tsuginoshisutemu きりかえ kirikae switch", several=True),
    Command("system-previous", "underscore", "app.next_system(-1)", N_("Previous system"), N_("Show the next or previous system of the list"), "まえのしすてむ maenoshisutemu きりかえ kirikae switch", several=True),
    Command("redraw", "ctrl+l", "app.redraw", N_("Redraw"), N_("Redraw the whole screen"), "さいびょうが saibyouga repaint"),
    Command("theme", "", "app.next_theme", N_("Theme"), N_("Next colour theme: dark, light, 16 colours"), "てーま tema いろ iro haishoku"),
    Command("language", "", "app.next_language", N_("Language"), N_("Japanese or English"), "げんご gengo nihongo eigo english"),
    Command("duty-list", "", "app.show_runbook", N_("Runbook"), N_("Contacts, approvers and limits of the runbook; what is undecided"), "てじゅんしょ tejunsho れんらくさき renrakusaki contacts"),
    Command("usage", "", "app.show_usage", N_("AWS usage"), N_("Requests and yen spent today, by operation"), "りょうきん ryoukin よびだし yobidashi cost"),
    Command("arm", "f9", "app.arm", N_("Arm"), N_("Allow changes for a limited time, or back to read-only"), "かきこみ kakikomi きょか kyoka かいじょ kaijo write readonly"),
    Command("note", "f8", "app.note", N_("Note"), N_("Write a note into the journal"), "めも memo のーと noto"),
    Command("outbox", "", "app.show_outbox", N_("Slack outbox"), N_("Slack messages: what was posted, what was not, and what to do about it"), "すらっく surakku slack そうしん soushin みそうしん misoushin tsuuchi"),
    Command("by-hand", "dollar_sign", "app.by_hand", N_("AWS commands"), N_("Show the aws commands that do by hand what is on the screen"), "こまんど komando てさぎょう tesagyou しーえるあい cli shell terminal awscli", priority=True),
    Command("screenshot", "", "app.screenshot", N_("Screenshot"), N_("Save the screen as SVG, readable by you alone"), "すくりーんしょっと sukurinshotto gamen"),
    Command("messages", "", "app.show_messages", N_("Messages"), N_("The messages so far, whole; y copies one"), "めっせーじ messeeji りれき rireki つうち tsuuchi"),
    Command("quit", "ctrl+q", "app.quit", N_("Quit"), N_("Quit the console"), "しゅうりょう shuuryou おわる owaru exit", priority=True),
    *(panel.command for panel in PANELS),
    *(command for panel in PANELS for command in panel.keys),
    Command("zoom", "z", "screen.zoom", N_("Zoom"), N_("Maximize the focused panel, or restore it"), "かくだい kakudai さいだいか saidaika maximize", show=True, scope="watch"),
    Command("log-export", "ctrl+s", "screen.export", N_("Export"), N_("Save log lines to a file: the selection, the lines in memory or a span of time; masked unless you give a reason"), "しゅつりょく shutsuryoku ほぞん hozon csv jsonl", scope="logs"),
    Command("pane-open", "o", "screen.open_pane", N_("Another pane"), N_("Follow other log groups beside this one, up to six panes"), "ぺいん pein ならべる naraberu tsuika", show=True, scope="logs"),
    Command("pane-close", "x", "screen.close_pane", N_("Close pane"), N_("Stop following in this pane"), "とじる tojiru ぺいん", show=True, scope="logs"),
    Command("log-tables", "percent_sign", "screen.line_tables", N_("Tables"), N_("Slow queries by shape and minute, or blocked requests by rule, address, country and path, from the lines held"), "すろーくえり surookueri slow query ぶろっく burokku waf しゅうけい shuukei", scope="logs"),
    Command("log.stream", "", "screen.columns", N_("Columns"), N_("Choose, order and widen the columns of a log group; they are remembered"), "れつ retsu かんらん kanran fields format", scope="logs"),
    Command("pane-zoom", "z", "screen.zoom_pane", N_("Zoom"), N_("Give the active pane the whole room, or each its share again"), "かくだい kakudai さいだいか saidaika maximize", show=True, scope="logs"),
    Command("panes-merge", "ampersand", "screen.merge", N_("Merge"), N_("Show all panes as one, by time, each line with the letter of its log group; again for the panes"), "まーじ maaji とうごう tougou ひとつに hitotsuni merged", show=True, scope="logs"),
    Command("log-request", "I", "screen.request", N_("Request"), N_("All lines of the request whose id is in this line, in all log groups of the runbook"), "りくえすと rikuesuto ついせき tsuiseki trace request id", show=True, scope="logs"),
    Command("log-request-wider", "", "screen.extend", N_("Search further"), N_("Search a wider range for the lines of the request"), "ひろげる hirogeru はんい han'i", scope="logs"),
    Command("log-mark", "m", "screen.mark_line", N_("Mark"), N_("Mark the line with a note, into the journal or an incident's timeline; again to remove the mark"), "しるし shirushi まーく maaku めも memo", show=True, scope="logs"),
    Command("log-mark-next", "", "screen.go_mark(1)", N_("Next mark"), N_("Go to the next mark"), "つぎのしるし tsuginoshirushi", scope="logs"),
    Command("log-mark-previous", "", "screen.go_mark(-1)", N_("Previous mark"), N_("Go to the previous mark"), "まえのしるし maenoshirushi", scope="logs"),
    Command("log-marks", "", "screen.list_marks", N_("Marks"), N_("List the marks of all panes"), "しるし shirushi いちらん ichiran", scope="logs"),
    Command("panes-layouts", "f3", "screen.layouts", N_("Layouts"), N_("Save the panes' groups, filters, sizes and columns under a name, or open saved ones"), "れいあうと reiauto はいち haichi ほぞん hozon", scope="logs"),
    Command("pane-together", "", "screen.toggle_together", N_("Scroll together"), N_("Let the panes scroll to the same moment together, or only move their mark line"), "いっしょ issho どうき douki おなじじこく sync", scope="logs"),
    Command("pane-smaller", "ctrl+left", "screen.resize_pane(-1)", N_("Smaller"), N_("Give the active pane less or more of the room"), "ちいさく chiisaku はば haba resize", scope="logs"),
    Command("pane-larger", "ctrl+right", "screen.resize_pane(1)", N_("Larger"), N_("Give the active pane less or more of the room"), "おおきく ookiku はば haba resize", scope="logs"),
    Command("pane-late-lines", "plus", "screen.more", N_("Late lines"), N_("Ask Logs Insights for the late lines that may be missing; the price is said first"), "ちちゃく chichaku おくれ okure late", scope="logs"),
    Command("pane-live-tail", "f4", "screen.live_tail", N_("Live Tail"), N_("Show lines a second after they arrive, or end that; the price is said first"), "らいぶ raibu live tail", scope="logs"),
    Command("query", "Q", "screen.query", N_("Query"), N_("Query the log groups with Logs Insights; the price is said first"), "くえり kueri いんさいと insaito insights しゅうけい shuukei logsql ppl sql", show=True, scope="logs"),
    Command("duty-sign", "s", "screen.sign", N_("Sign off"), N_("Sign off the selected duty, with a note"), "かくにん kakunin しょめい shomei", show=True, scope="inspect"),
    Command("duty-sign-normal", "S", "screen.sign_normal", N_("Sign off all normal"), N_("Sign off every open duty whose findings are all normal, at once"), "まとめて matomete いっかつ ikkatsu", show=True, scope="inspect"),
    Command("duty-look", "r", "screen.rerun", N_("Rerun"), N_("Rerun the selected duty's inspections now"), "てんけん tenken さいてんけん saitenken rerun", show=True, scope="inspect"),
    Command("duty-logs", "l", "screen.logs", N_("Logs at that minute"), N_("Open the log groups that the selected duty's inspections read"), "ろぐ rogu logs", scope="inspect"),
    Command("look", "i", "screen.choose_inspection", N_("Inspect now"), N_("Run one inspection now, whatever the calendar says"), "てんけん tenken しゅどう shudou inspect", show=True, scope="inspect"),
    Command("report", "g", "screen.report", N_("Report"), N_("Today's operations report; from there other days, months and fiscal years"), "うんようほうこくしょ unyouhoukokusho ほうこく houkoku", show=True, scope="inspect"),
    Command("duty-skip", "minus", "screen.skip", N_("Skip"), N_("Skip the selected duty, with a reason"), "みおくり miokuri すきっぷ sukippu", show=True, scope="inspect"),
    Command("duty-plan", "at", "screen.plan", N_("Plan"), N_("Plan the selected duty, or cancel its plan"), "けいかく keikaku", show=True, scope="inspect"),
    Command("month-before", "left_square_bracket", "screen.month(-1)", N_("Previous month"), N_("Show the previous or next month"), "せんげつ sengetsu つき tsuki", scope="inspect"),
    Command("month-after", "right_square_bracket", "screen.month(1)", N_("Next month"), N_("Show the previous or next month"), "らいげつ raigetsu つき tsuki", scope="inspect"),
    Command("month-now", "t", "screen.today", N_("Today"), N_("Back to today"), "きょう kyou", show=True, scope="inspect"),
    Command("duty-hand-over", "H", "screen.hand_over_day", N_("Hand over"), N_("Hand the day's duty over to the next person with what is open, or take it over"), "ひきつぎ hikitsugi こうたい koutai とうばん touban", show=True, scope="inspect"),
    Command("change-resolve", "r", "screen.resolve", N_("Check"), N_("Query AWS for the unknown outcome of a change"), "かくにん kakunin", show=True, scope="change"),
    Command("change-revert", "u", "screen.revert", N_("Revert"), N_("Plan the revert of the selected change"), "もどす modosu", show=True, scope="change"),
    Command("change-procedure", "full_stop", "screen.procedure", N_("Steps"), N_("Open a step of the runbook's procedures that calls for a change"), "てじゅん tejun procedure", show=True, scope="change"),
    Command("change-suggested", "f2", "screen.suggested", N_("Suggested change"), N_("Plan the change that is suggested after the selected one"), "つぎ tsugi すいしょう suishou", scope="change"),
    Command("incident-take", "c", "screen.take", N_("Take"), N_("Respond to the incident from now on"), "たんとう tantou うけもつ ukemotsu", show=True, scope="respond"),
    Command("incident-told", "m", "screen.told", N_("Told"), N_("Read the text aloud, and record who was told"), "れんらく renraku でんわ denwa えすかれーしょん esukareeshon", show=True, scope="respond"),
    Command("incident-decide", "equals_sign", "screen.decide", N_("Decide"), N_("Decide on the cause"), "げんいん gen'in はんだん handan", show=True, scope="respond"),
    Command("incident-close", "x", "screen.close_incident", N_("Close incident"), N_("Close the incident with its cause and what is left to be done"), "へいさ heisa しゅうりょう shuuryou", show=True, scope="respond"),
    Command("incident-slack", "p", "screen.propose", N_("Slack"), N_("Write a Slack message about the incident"), "すらっく surakku", show=True, scope="respond"),
    Command("incident-hand-over", "H", "screen.hand_over", N_("Hand over"), N_("Offer the incident to the next person, or accept it"), "ひきつぎ hikitsugi こうたい koutai", show=True, scope="respond"),
    Command("incident-join", "", "screen.join", N_("Join"), N_("Make the incident part of another one"), "まとめる matomeru どういつ douitsu", scope="respond"),
    Command("incident-report", "g", "screen.incident_report", N_("Report"), N_("The incident's report: what the journal says about it; it can be saved and printed"), "ほうこくしょ houkokusho しょうがいほうこく shougaihoukoku", show=True, scope="respond"),
    Command("journal-filter", "f", "screen.filter", N_("Filter"), N_("Show only some kinds, persons or targets"), "しぼりこみ shiborikomi", show=True, scope="journal"),
    Command("journal-search", "slash", "screen.search", N_("Search"), N_("Search entries by words"), "けんさく kensaku", show=True, scope="journal"),
    Command("journal-day", "D", "screen.day", N_("Day"), N_("Show only one day"), "ひづけ hizuke", show=True, scope="journal"),
    Command("journal-all", "escape", "screen.clear_filter", N_("Show all"), N_("Clear all filters: show every entry again"), "ぜんぶ zenbu かいじょ kaijo clear", show=True, scope="journal"),
    Command("journal-day-before", "left_square_bracket", "screen.other_day(-1)", N_("Previous day"), N_("Show the entries of the previous or next day"), "ぜんじつ zenjitsu", scope="journal"),
    Command("journal-day-after", "right_square_bracket", "screen.other_day(1)", N_("Next day"), N_("Show the entries of the previous or next day"), "よくじつ yokujitsu", scope="journal"),
    Command("journal-export", "ctrl+s", "screen.export", N_("Export"), N_("Save what is shown as JSON lines, readable by you alone"), "しゅつりょく shutsuryoku", show=True, scope="journal"),
    Command("journal-verify", "", "screen.verify", N_("Verify"), N_("Check that no entry was altered, dropped or swapped"), "けんしょう kenshou", scope="journal"),
)  # fmt: skip


def bindings(scope: str) -> list[Binding]:
    """Return the bindings of the scope `app` or of one mode; a command of the palette alone has no key before a setting gives it one."""
    return [
        Binding(
            command.key or without_key(command.id),
            command.action,
            command.title,
            show=command.show and bool(command.key),
            id=command.id,
            tooltip=command.help,
            priority=command.priority,
        )
        for command in COMMANDS
        if command.scope == scope
    ]
