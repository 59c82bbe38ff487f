from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from services.aws.client.errors import AwsError
from services.background.boundaries import Boundary
from services.background.faults import fault_problem
from services.i18n import N_, _
from services.journal.errors import JournalError
from services.models.alarms import Alarm
from services.models.aws_cli import CommandSheet
from services.models.composites import parts_of
from services.models.curve_spans import SPANS, curve_queries, curve_range, draws_own
from services.models.feeds import FeedState
from services.models.journal import Acknowledgement
from services.models.metrics import Series
from services.models.problem import Problem
from services.models.runbook_playbooks import Playbook, Step
from tui import messages
from tui.commands import bindings
from tui.places import Destination, Origin, destination
from tui.screens.common.command_sheets import alarm_sheet
from tui.screens.common.mode_screen import ModeScreen, ScreenPlace
from tui.screens.slack.post import propose_alarm
from tui.screens.watch.panels.alarms import alarm_readings
from widgets.alarms.detail import AlarmDetail
from widgets.alarms.steps import Steps
from widgets.drawing.state_styles import ALARM_STYLES
from widgets.drawing.ticker import on_screen
from widgets.incidents.incident_wording import incident_spans
from widgets.inputs.step_prompt import StepPrompt

T = TypeVar("T")
HISTORY = timedelta(days=1)


class AlarmScreen(ModeScreen):
    BINDINGS: ClassVar[list[BindingType]] = [
        *(each for each in bindings("watch") if each.id == "acknowledge"),
        Binding("p", "propose", N_("Slack"), show=True),
        Binding("full_stop", "steps", N_("Steps"), show=True),
    ]

    def __init__(self, alarm: Alarm) -> None:
        super().__init__()
        self.first = alarm
        self.detail = AlarmDetail(now=self.app.now, zone=self.app.zone)
        self._is_behind = False
        """Whether the alarms were read, but not its curve, because the screen was covered."""
        self.prompt = StepPrompt()
        self._destinations: tuple[Destination | None, ...] = ()

    def body(self) -> ComposeResult:
        yield self.detail
        yield self.prompt

    async def opened(self) -> None:
        runbook = self.services.runbook
        self.detail.alarm = self.first
        self.detail.log_group = runbook.log_group_for(self.first.id)
        self.detail.title = next((each.title for each in runbook.alarms if each.name == self.first.id), "")
        self.watch(self.app, "view", self._values_changed)
        self.watch(self.app, "alarm_series", self._values_changed, init=False)
        self.detail.focus_first()

    def _values_changed(self) -> None:
        self.detail.readings = alarm_readings(self.app)
        alarm = self.detail.alarm or self.first
        playbook = self.services.runbook.playbook_for(alarm.id)
        if playbook is None:
            playbook, self._destinations = self._parts(alarm)
        else:
            origin = Origin(alarm, str(self.detail.log_group), self.detail.decisive_time())
            self._destinations = tuple(destination(self.app, each, origin) for each in playbook.leads)
        self.detail.playbook = playbook
        self.detail.places = tuple(place.title if place is not None else "" for place in self._destinations)

    def _parts(self, alarm: Alarm) -> tuple[Playbook | None, tuple[Destination | None, ...]]:
        """A composite alarm leads to the alarms that its rule names: there is something to do about those."""
        overview = self.app.alarms.value if self.app.alarms is not None else None
        parts = parts_of(alarm, overview) if overview is not None else ()
        if not parts:
            return None, ()
        steps = tuple(Step(text=f"{ALARM_STYLES[part.state].text}  {part.name}") for part in parts)
        playbook = Playbook(id="parts", title=_("It fires because of these alarms"), steps=steps)
        return playbook, tuple(Destination(_("Open"), messages.OpenAlarm(part)) for part in parts)

    def _alarms_changed(self) -> None:
        super()._alarms_changed()
        state = self.app.alarms
        if state is None:
            return
        self.detail.overview = state
        alarms = state.value.alarms if state.value else ()
        current = next((each for each in alarms if each.id == self.first.id), None)
        if current is not None:
            self.detail.alarm = current
        self._values_changed()
        self._is_behind = not self.is_read()
        if not self._is_behind:
            self.read_rest(current or self.first)

    def is_read(self) -> bool:
        """Whether somebody may be looking at this screen: its curve is charged for."""
        return self in on_screen(self.detail.app) and not self.app.presence.pause()

    def on_screen_resume(self) -> None:
        self.read_for_somebody()

    def read_for_somebody(self) -> None:
        if self._is_behind:
            self.call_after_refresh(self._alarms_changed)

    def note_subject(self) -> ScreenPlace | None:
        alarm = self.detail.alarm or self.first
        return ScreenPlace(str(alarm.id), alarm.name, opened=True)

    def _incidents_changed(self) -> None:
        super()._incidents_changed()
        going = (each for each in self.app.incidents if each.is_open and each.target == self.first.id)
        incident = next(going, None)
        self.detail.incident = tuple(incident_spans(incident)) if incident is not None else ()

    def alarms_seen(self) -> frozenset[str]:
        """This alarm, unless its curve ends with its value: then that is read."""
        alarm = self.detail.alarm or self.first
        return frozenset() if draws_own(SPANS[self.detail.span], alarm) else frozenset({str(alarm.id)})

    def responds_to(self) -> str:
        return str(self.first.id)

    def aws_commands(self) -> CommandSheet:
        return alarm_sheet(self.app, self.detail.alarm or self.first)

    def acknowledged_changed(self, acknowledgements: dict[str, Acknowledgement]) -> None:
        super().acknowledged_changed(acknowledgements)
        self.detail.acknowledged = acknowledgements.get(self.first.id)
        self.read_acknowledgements()

    @work(group="alarm-acknowledgements", exclusive=True)
    async def read_acknowledgements(self) -> None:
        with suppress(JournalError):
            self.detail.acknowledgements = await self.services.acknowledgements.of(self.first)

    def action_acknowledge(self) -> None:
        self.post_message(messages.Acknowledge(self.detail.alarm or self.first))

    def action_propose(self) -> None:
        propose_alarm(self.app, self.detail.alarm or self.first, self.detail.curve.value)

    def banner_changed(self, problem: Problem | None) -> None:
        self.detail.banner = problem

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.detail.zone = self.app.zone

    @work(group="alarm-detail", exclusive=True)
    async def read_rest(self, alarm: Alarm) -> None:
        """Read history and curve; after a failure the last value stays, with the reason."""
        now = self.app.now()
        history = self.services.alarms.history(alarm.id, now - HISTORY)
        self.detail.history = await self._state(self.detail.history, history)
        if alarm.several:
            series = self.services.alarms.contributors(alarm.id)
            self.detail.contributors = await self._state(self.detail.contributors, series)
        self.detail.curve = await self._state(self.detail.curve, self._curve(alarm))

    async def _curve(self, alarm: Alarm) -> tuple[Series, ...]:
        if not alarm.queries:
            return ()
        span = SPANS[self.detail.span]
        return await self.services.metrics.fetch(
            curve_queries(span, alarm), curve_range(span, alarm, self.app.now())
        )

    @on(AlarmDetail.SpanChosen)
    @work(group="alarm-curve", exclusive=True)
    async def read_curve(self) -> None:
        self.read_alarm_values()
        alarm = self.detail.alarm or self.first
        self.detail.curve = await self._state(FeedState(), self._curve(alarm))

    async def _state(self, before: FeedState[T], reading: Awaitable[T]) -> FeedState[T]:
        state = before

        def failed(problem: Problem) -> FeedState[T]:
            return replace(before, problem=problem, failures=before.failures + 1)

        def fault(error: BaseException) -> None:
            nonlocal state
            self.app.report_bug(error)
            state = failed(fault_problem(_("An internal error stopped this read."), error, self.app.now()))

        with Boundary(fault):
            try:
                state = FeedState(value=await reading, fetched_at=self.app.now())
            except AwsError as error:
                state = failed(error.problem)
        return state

    @on(AlarmDetail.Closed)
    def close(self) -> None:
        self.app.pop_screen()

    @on(AlarmDetail.OpenLogs)
    def open_logs(self, message: AlarmDetail.OpenLogs) -> None:
        self.app.post_message(messages.OpenLogs(str(message.group), message.at))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return any(self.detail.places) if action == "steps" else super().check_action(action, parameters)

    def action_steps(self) -> None:
        self.prompt.open(self.detail.places)

    @on(StepPrompt.Closed)
    def prompt_closed(self) -> None:
        self.detail.focus_first()

    @on(Steps.Chosen)
    @on(StepPrompt.Chosen)
    def open_step(self, message: Steps.Chosen | StepPrompt.Chosen) -> None:
        place = self._destinations[message.index] if message.index < len(self._destinations) else None
        if place is not None:
            self.app.post_message(place.request)
