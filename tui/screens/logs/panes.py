from datetime import datetime, timedelta
from typing import ClassVar

from textual import on, work
from textual.events import Event, InputEvent
from textual.widget import Widget

from services.aws.client.errors import AwsError
from services.i18n import N_, _
from services.incidents.onset import onset_of
from services.logs.filter_patterns.explain import explain
from services.logs.filter_patterns.quoting import as_pattern
from services.logs.follow.live import LiveSession
from services.models import glyphs
from services.models.alarms import AlarmState
from services.models.aws_cli import CommandSheet
from services.models.causes import OnsetBasis
from services.models.incidents import Incident
from services.models.metrics import TimeSpan
from services.models.problem import Problem, ProblemKind
from services.system import Services
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.common.mode_screen import ModeScreen
from tui.screens.logs import field_actions, key_order, live_tail
from tui.screens.logs.forms import choose_columns, show_form
from tui.screens.logs.groups import GroupScreen
from tui.screens.logs.late_lines import ask_late_lines
from tui.screens.logs.levels import choose_level
from tui.screens.logs.line_tables import show_tables
from tui.screens.logs.memory import log_memory
from tui.screens.logs.tail_binding import PaneTail
from widgets.logs.drawing.separators import ASKED_TIME, IN_SPAN, MARK, MATCH, SHARED_TIME
from widgets.logs.pane.detail import FieldList
from widgets.logs.pane.pane import LogPane
from widgets.logs.pane.prompt import Ask, LogPrompt
from widgets.logs.reading.axis import BAR_CURSOR
from widgets.logs.reading.reading import Remark

PAUSE = 0.4  # Seconds without a key after which CloudWatch Logs is asked


def mistake_in(text: str) -> str:
    """What is wrong with a typed pattern, and where; "" if nothing is."""
    meaning = explain(text)
    return "" if meaning.error_at is None else meaning.words


async def show_hint(pane: LogPane, text: str, services: Services) -> None:
    meaning = explain(text)
    if not _is_typing(pane, text):
        return
    pane.prompt.show_hint(meaning.words, error=meaning.error_at is not None)
    if not meaning.pattern or meaning.error_at is not None:
        return
    await services.clock.sleep(PAUSE)
    if not _is_typing(pane, text):
        return
    rows, _skip = pane.lines.scroller.window()
    lines = [pane.store.line(row).text for row in rows]
    try:
        matches, tried = await services.pattern_trial.count(meaning.pattern, lines)
    except AwsError as error:
        if error.problem.kind is ProblemKind.INVALID and _is_typing(pane, text):
            refused = _("CloudWatch Logs refuses it: {reason}")
            pane.prompt.show_hint(
                refused.format(reason=error.problem.detail or error.problem.summary), error=True
            )
        return  # whatever else is wrong with AWS, the pane itself shows
    if tried and _is_typing(pane, text):
        count = _("matches {count} of {lines} lines on the screen", count=matches, lines=tried)
        pane.prompt.show_hint(_("{first} · {second}", first=count, second=meaning.words))


def _is_typing(pane: LogPane, text: str) -> bool:
    prompt = pane.prompt
    return bool(prompt.display) and prompt.ask is Ask.PATTERN and prompt.entry.value == text


def moments(app: Console) -> tuple[tuple[int, str], ...]:
    """Epoch milliseconds and label, by time; T0 is read from the newest evidence, else the alarm's own time."""
    starts = [(_start(app, incident), "T0") for incident in app.incidents if incident.is_open]
    overview = app.alarms.value if app.alarms is not None else None
    firing = [
        (int(alarm.since.timestamp() * 1000), f"{glyphs.FIRING} {alarm.name}")
        for alarm in (overview.watched if overview is not None else ())
        if alarm.state is AlarmState.ALARM and alarm.since is not None
    ]
    return tuple(sorted([*starts, *firing]))


def _start(app: Console, incident: Incident) -> int:
    evidence = app.ready.response.live.newest(incident)
    start = incident.since
    if evidence is not None:
        onset = onset_of(evidence)
        start = onset.at if onset.basis is OnsetBasis.BASELINE else start
    return int(start.timestamp() * 1000)


MINUTE = timedelta(minutes=1)


class PaneScreen(ModeScreen):
    MARKS: ClassVar[tuple[tuple[str, str], ...]] = (
        (
            glyphs.LATE_LINE,
            N_("A line that came late: newer ones were shown before; it stands at its own time"),
        ),
        (MATCH, N_("A line that matches the search")),
        ("\u203a", N_("The line goes on: → scrolls, ^w wraps, ⏎ shows all of it")),
        (MARK, N_("A line that you marked; your note stands above it")),
        (IN_SPAN, N_("A line of the minute that you asked for")),
        (ASKED_TIME, N_("The time that you asked for, between its lines")),
        (SHARED_TIME, N_("Where the cursor of the pane with the focus is, in the other panes")),
        (
            f"{BAR_CURSOR} T0",
            N_("In the histogram: the bar of your line; the beginning of an incident or an alarm"),
        ),
    )
    """Marks beside the lines, for the help."""
    HELP_SECTIONS = key_order.SECTIONS
    HAS_RULERS: ClassVar[bool] = False  # Whether the panes have histograms

    def __init__(self) -> None:
        super().__init__()
        self.tails: dict[LogPane, PaneTail] = {}
        self.live_sessions: dict[LogPane, LiveSession] = {}  # The panes with Live Tail

    @on(Remark)
    def show_remark(self, message: Remark) -> None:
        self.app.inform(message.text)

    def new_pane(self, id: str | None = None) -> LogPane:
        pane = LogPane(
            now=self.app.now,
            elapsed=self.services.clock.elapsed,
            zone=self.app.zone,
            max_bytes=self.app.config.log_memory_mb << 20,
            pace=self.app.min_interval,
            id=id,
            ruler=self.HAS_RULERS,
        )
        pane.ruler.show_moments(moments(self.app))
        pane.prompt.histories = log_memory(self.app)
        pane.prompt.pattern_mistake = mistake_in
        pane.banner = self.banner.problem
        self.tails[pane] = PaneTail(pane, self.services)
        return pane

    def follow(self, pane: LogPane, group: str, pattern: str = "", at: datetime | None = None) -> None:
        """Follow `group` in `pane`, replacing the group that it followed; whatever was read of that one ends."""
        self._end_reads(pane)
        if group != self.tails[pane].group:
            pane.ruler.drop_range()
        self.run_worker(show_form(self.app, pane, group), group=f"form-{id(pane)}", exclusive=True)
        task = self.tails[pane].follow(group, pattern, at)
        self.run_worker(task, group=f"tail-{id(pane)}", exclusive=True)

    def forget(self, pane: LogPane) -> None:
        self.workers.cancel_group(self, f"tail-{id(pane)}")
        self._end_reads(pane)
        del self.tails[pane]

    def _end_reads(self, pane: LogPane) -> None:
        self.end_live_tail(pane)
        for name in ("earlier", "older", "late-lines"):
            self.workers.cancel_group(self, f"{name}-{id(pane)}")

    def action_columns(self) -> None:
        if (pane := pane_around(self.focused) or self._pane_at_hand()) is not None:
            self.run_worker(choose_columns(self.app, pane), group="columns", exclusive=True)

    def action_late_lines(self) -> None:
        if (pane := self._pane_at_hand()) is not None:
            work = ask_late_lines(self.app, self.tails[pane])
            self.run_worker(work, group=f"late-lines-{id(pane)}", exclusive=True)

    @work(group="live-tail", exclusive=True)
    async def action_live_tail(self) -> None:
        pane = self._pane_at_hand()
        if pane is None:
            return
        if pane in self.live_sessions:
            self.end_live_tail(pane)
        elif await live_tail.agreed(self.app, tail := self.tails[pane]) and pane in self.tails:
            session = self.live_sessions[pane] = live_tail.session_of(tail)
            self.run_worker(self._run_live(pane, session), group=f"live-{id(pane)}", exclusive=True)

    async def _run_live(self, pane: LogPane, session: LiveSession) -> None:
        try:
            await live_tail.run(self.tails[pane], session)
        finally:
            if self.live_sessions.get(pane) is session:
                del self.live_sessions[pane]

    def end_live_tail(self, pane: LogPane) -> None:
        self.workers.cancel_group(self, f"live-{id(pane)}")
        self.live_sessions.pop(pane, None)

    def _forward_event(self, event: Event) -> None:
        # Keys show that somebody reads; Textual hands every key to the screen first.
        if isinstance(event, InputEvent):
            for session in self.live_sessions.values():
                session.touch()
        super()._forward_event(event)

    def action_line_tables(self) -> None:
        if (pane := pane_around(self.focused) or self._pane_at_hand()) is not None:
            self.run_worker(show_tables(self.app, pane), group="line-tables", exclusive=True)

    def _pane_at_hand(self) -> LogPane | None:
        around = self.focused.ancestors_with_self if self.focused is not None else []
        return next((pane for pane in self.tails if pane in around), next(iter(self.tails), None))

    def leads_back(self) -> bool:
        """Not while something is open in the focused pane: the key closes that first."""
        around = self.focused.ancestors_with_self if self.focused is not None else []
        return super().leads_back() and not any(is_reading(pane) for pane in self.tails if pane in around)

    def pane_sheet(self, pane: LogPane) -> CommandSheet:
        from services.aws_cli.logs import pane_commands

        tail, now = self.tails[pane], self.app.now()
        first, last = pane.lines.times_on_screen or (now - MINUTE, now)
        query = pane.view.query
        commands = pane_commands(
            tail.group,
            tail.pattern,
            TimeSpan(start=first, end=last),
            following=pane.lines.scroller.follow and not pane.paused,
            text=query.text if query is not None and not query.regex else "",
        )
        return CommandSheet(title=tail.group, commands=tuple(commands) if tail.group else ())

    def banner_changed(self, problem: Problem | None) -> None:
        for pane in self.tails:
            pane.banner = problem

    def _frame_changed(self) -> None:
        super()._frame_changed()
        shown = moments(self.app) if self.HAS_RULERS else ()
        for pane in self.tails if self.HAS_RULERS else ():
            pane.ruler.show_moments(shown)

    def _zone_changed(self) -> None:
        super()._zone_changed()
        for pane in self.tails:
            pane.zone = self.app.zone

    @on(LogPane.PatternChanged)
    def change_pattern(self, message: LogPane.PatternChanged) -> None:
        """Follow the same group with another filter pattern, applied by AWS; ids are put into quotation marks."""
        if message.pane in self.tails:
            self.follow(message.pane, self.tails[message.pane].group, as_pattern(message.pattern).pattern)

    @on(LogPrompt.PatternTyped)
    def explain_pattern(self, message: LogPrompt.PatternTyped) -> None:
        if (pane := pane_around(message.prompt)) is not None:
            hint = show_hint(pane, message.text, self.services)
            self.run_worker(hint, group=f"pattern-hint-{id(pane)}", exclusive=True)

    @on(LogPane.TimeRequested)
    def time_requested(self, message: LogPane.TimeRequested) -> None:
        if message.pane in self.tails:
            earlier = self.tails[message.pane].read_from(message.at)
            self.run_worker(earlier, group=f"earlier-{id(message.pane)}", exclusive=True)

    @on(LogPane.EarlierRequested)
    def earlier_requested(self, message: LogPane.EarlierRequested) -> None:
        if message.pane in self.tails:
            earlier = self.tails[message.pane].read_earlier()
            self.run_worker(earlier, group=f"older-{id(message.pane)}")

    @on(LogPane.CopyRequested)
    def copy_requested(self, message: LogPane.CopyRequested) -> None:
        self.app.copy_to_clipboard(message.text)

    @on(LogPane.ToolRequested)
    def tool_requested(self, message: LogPane.ToolRequested) -> None:
        from tui.screens.logs.reading_tools import open_tool

        tail = self.tails.get(message.pane)
        open_tool(self.app, message, tail.group if tail is not None else "")

    @on(LogPane.GroupRequested)
    def group_requested(self, message: LogPane.GroupRequested) -> None:
        if message.pane in self.tails:
            self.choose(message.pane)

    @on(LogPane.LevelRequested)
    def level_requested(self, message: LogPane.LevelRequested) -> None:
        choose_level(self.app, message.pane)

    @on(FieldList.Acted)
    def field_acted(self, message: FieldList.Acted) -> None:
        message.stop()
        if (pane := pane_around(message.fields)) is not None:
            work = field_actions.act(self.app, pane, message, getattr(self, "add_pane", None))
            self.run_worker(work, group="field", exclusive=True)

    @work(group="choose-group", exclusive=True)
    async def choose(self, pane: LogPane) -> None:
        groups = await self.app.push_screen_wait(GroupScreen(self.services, self.app.config.log_groups))
        if groups and pane in self.tails:
            self.follow(pane, groups[0])


def pane_around(widget: Widget | None) -> LogPane | None:
    around = widget.ancestors_with_self if widget is not None else []
    return next((each for each in around if isinstance(each, LogPane)), None)


def is_reading(pane: LogPane) -> bool:
    return bool(pane.detail.display or pane.lines.ranging or pane.view.query is not None)


def close_question(group: str) -> ChooseScreen:
    choices = [Choice("close", _("Close it; search, filter, selection and counts are dropped"))]
    return ChooseScreen(_("Close the pane {group}?", group=group), choices)
