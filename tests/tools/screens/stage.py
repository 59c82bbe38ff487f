"""A running console, and how a shot gets to what it shows."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from textual.events import Paste
from textual.pilot import Pilot
from textual.screen import Screen

from services.models.alarms import Alarm, AlarmState
from services.models.approvals import Means
from services.models.change_runs import Run
from services.models.changes import Plan
from services.models.duties import Occurrence, OccurrenceState
from services.models.findings import Recorded
from services.system import Services
from tests.tools.console import settled, until
from tui import messages
from tui.app import TobanApp
from tui.screens.common.type_ahead_guard import TypeAheadGuard

_NAMESPACE = re.compile(r"^(app|screen|focused)\.")


class Stage:
    """One console under Pilot."""

    def __init__(self, pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, TobanApp)
        self.pilot, self.app = pilot, app

    @property
    def ready(self) -> Services:
        """The console's services."""
        return self.app.ready

    @property
    def screen(self) -> Any:
        """The screen on top."""
        return self.app.screen

    async def until(self, reached: Callable[[], object], limit: float = 30.0) -> None:
        """Wait for a state."""
        await until(self.pilot, reached, limit)

    async def press(self, *keys: str) -> None:
        """Press keys of the grammar that never move, each once the one before has done its work."""
        for key in keys:
            await self.pilot.press(key)
            await settled(self.pilot)

    async def write(self, text: str) -> None:
        """Type into the field that has the focus; Japanese is pasted, because Pilot loses its punctuation."""
        if text.isascii():
            await self.pilot.press(*text)
        else:
            self.app.post_message(Paste(text))
        await settled(self.pilot)

    async def do(self, action: str) -> None:
        """Press the key that is bound to `action` (without its namespace) here, whichever it is."""
        here = self.screen.active_bindings
        keys = [
            key for key, at in here.items() if _NAMESPACE.sub("", at.binding.action) == action and at.enabled
        ]
        if not keys:
            bound_actions = sorted({_NAMESPACE.sub("", at.binding.action) for at in here.values()})
            raise AssertionError(f"no key is bound to {action} on {self.screen}; there are {bound_actions}")
        await self.press(keys[0])

    async def mode(self, id: str) -> None:
        """Go to a mode."""
        await self.app.action_go(id)
        await self.until(lambda: self.app.current_mode == id)
        await settled(self.pilot)

    async def on(self, kind: type[Screen[Any]]) -> None:
        """Wait until a screen is on top and takes keys."""
        await self.until(lambda: isinstance(self.screen, kind) and self.screen.is_mounted)
        guard = getattr(self.screen, "guard", None)
        if isinstance(guard, TypeAheadGuard):
            await self.until(lambda: guard.is_open)
        await settled(self.pilot)

    async def show(self, screen: Screen[Any]) -> None:
        """Push a screen."""
        self.app.push_screen(screen)
        await self.on(type(screen))

    # -- what the world has

    def alarm(self, name: str = "") -> Alarm:
        """The alarm of that name, else the newest that fires, else the first."""
        assert self.app.alarms is not None
        assert self.app.alarms.value is not None
        overview = self.app.alarms.value
        named = next((each for each in overview.watched if each.name == name), None)
        return named or overview.newest_firing or overview.watched[0]

    async def firing(self, name: str = "") -> Alarm:
        """An alarm, once it fires."""

        def fires() -> bool:
            overview = self.app.alarms.value if self.app.alarms is not None else None
            return overview is not None and any(
                each.state is AlarmState.ALARM and name in ("", each.name) for each in overview.watched
            )

        await self.until(fires)
        return self.alarm(name)

    async def open_alarm(self, alarm: Alarm) -> None:
        """Open an alarm's detail."""
        before = self.screen
        self.app.post_message(messages.OpenAlarm(alarm))
        await self.until(lambda: self.screen is not before)
        await settled(self.pilot)

    async def has_duties(self) -> None:
        """Wait until the duties are known."""
        await self.until(lambda: self.app.duties is not None and self.app.duties.today.occurrences)

    async def inspected(self) -> None:
        """Wait until every duty that is due has been inspected."""
        await self.has_duties()

        def complete() -> bool:
            assert self.app.duties is not None
            slots = [each.slot for each in self.app.duties.open if each.state is not OccurrenceState.MISSED]
            findings = [self.ready.scheduler.of(slot) for slot in slots]
            return bool(findings) and all(each is None or each.complete for each in findings)

        await self.until(complete)

    def duty(self, id: str) -> Occurrence:
        """The open occurrence of a duty."""
        assert self.app.duties is not None
        candidates = (*self.app.duties.open, *self.app.duties.today.occurrences, *self.app.duties.running)
        return next(each for each in candidates if each.slot.duty == id)

    async def finding(self, inspection: str) -> Recorded:
        """Run an inspection now."""
        return await self.ready.scheduler.runs.run_on_demand(inspection)

    # -- what a person has done before

    async def armed(self) -> None:
        """Allow writing for a quarter of an hour."""
        await self.ready.engine.arm("月末の帳票作成のため（PM 承認済み）", timedelta(minutes=15))
        await self.until(lambda: self.ready.engine.permits.armed is not None)

    async def allowed(self, plan: Plan) -> None:
        """Record what the plan lacks: the approver's consent, or an emergency where the runbook names nobody."""
        approvals = self.ready.engine.authority.approvals
        if not plan.approval_scope:
            return
        if approvals.is_undecided(plan):
            await approvals.declare_emergency(plan, "窓口の申請画面が止まっている")
            return
        at = plan.made_at - timedelta(minutes=6)
        await approvals.obtain(plan, who="山田 花子", means=Means.PHONE, at=at, reference="電話メモ 12")

    async def changed(self) -> Run:
        """Raise the service's maximum, and wait until that is verified."""
        await self.armed()
        change = self.ready.engine.changes["task-limit"]
        (target,) = change.targets()
        plan = await self.ready.engine.plan(change.kind.id, str(target.id), {})
        await self.allowed(plan)
        await self.ready.engine.apply(plan, plan.confirm)
        await self.until(lambda: self.app.runs and all(step.verified for step in self.app.runs[0].steps))
        return self.app.runs[0]

    async def worked(self) -> None:
        """Sign a duty, arm and disarm, write a note, so that there is something to read."""
        await self.has_duties()
        assert self.app.duties is not None
        await self.ready.duties.sign(self.app.duties.today.occurrences[0], "異常なし。")
        await self.armed()
        await self.ready.engine.disarm()
        await self.until(lambda: self.app.journal_head >= 4)
