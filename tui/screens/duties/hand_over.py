"""引き継ぎ: the day's duty is offered with what is open, and accepted by the next person with a key of their own."""

from collections.abc import Container, Iterable
from datetime import date
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.getters import app as app_getter
from textual.widget import Widget

from services.alarms.acknowledgements import present
from services.i18n import N_, _
from services.incidents.follow_ups import follow_up_slots
from services.incidents.hand_over.open_points import DayAtHand, OpenPoint, open_points
from services.incidents.roster import next_on_duty
from services.journal.derived.late import in_order
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.export import rows
from services.journal.reader import entry_of
from services.logs.masking.of_runbook import masker_of
from services.models import glyphs
from services.models.date_text import day_text, time_text
from services.models.incidents import HandOver
from services.models.journal import EntryQuery
from services.models.report_lines import AbnormalLine
from services.report.collecting import still_abnormal
from tui.console import Console
from tui.screens.common.dialog import window
from tui.screens.common.offer_dialog import OfferDialog
from tui.screens.common.type_ahead_guard import GuardedDialog
from widgets.drawing.block import DetailBlock
from widgets.drawing.prose import Prose
from widgets.drawing.spans import hanging


async def hand_over(app: Console) -> None:
    async def offer(again: bool | None) -> None:
        if again:
            app.push_screen(OfferDayScreen(await points_now(app)))

    newest = app.ready.incidents.day_offer
    if newest is None:
        # Awaited: keys that are typed meanwhile are the dialog's.
        await offer(again=True)
    else:
        app.push_screen(AcceptDayScreen(*newest), offer)


async def abnormal_now(app: Console, done: Container[str]) -> tuple[AbnormalLine, ...]:
    """The alarms as last read, then the findings of any console. Raises JournalError."""
    services, now, overview = app.ready, app.aws_now(), app.overview
    since = now - still_abnormal.BACK
    query = EntryQuery(kinds=frozenset(still_abnormal.KINDS), since=since)
    entries = await services.journal.ask_aside(
        lambda reader: in_order(entry_of(row) for row in rows(reader, query, whole=False))
    )
    alarms = overview.watched if overview is not None else ()
    read_at = app.alarms.fetched_at if app.alarms is not None else None
    acknowledged = present(alarms, app.acknowledged, app.now())
    lines = still_abnormal.of_alarms(
        alarms, acknowledged, read_at or now, lambda at: time_text(at, services.calendar.zone, now)
    )
    return (*lines, *still_abnormal.of_findings(entries, done))


async def points_now(app: Console) -> tuple[OpenPoint, ...]:
    services, now = app.ready, app.aws_now()
    zone = services.calendar.zone
    armed = services.engine.permits.armed
    slots = follow_up_slots(services.incidents.follow_ups, zone)
    is_signed = [services.duties.now(slot).signed is not None for slot in slots]
    follow_ups = [
        each for each, signed in zip(services.incidents.follow_ups, is_signed, strict=True) if not signed
    ]
    abnormal, unread = tuple[AbnormalLine, ...](), ""
    try:
        done = {slot.key for slot, signed in zip(slots, is_signed, strict=True) if signed}
        abnormal = await abnormal_now(app, done)
    except JournalError as error:
        unread = error.problem.message
    return open_points(
        DayAtHand(
            now,
            zone,
            app.incidents,
            services.runbook.playbooks,
            app.duties,
            app.runs,
            app.posts,
            tuple(follow_ups),
            armed.until if armed is not None else None,
            abnormal,
            unread,
            {incident.id: services.response.readings.words(incident) for incident in app.incidents},
            masker_of(services.runbook),
        )
    )


def _points_list(points: Iterable[tuple[str, str]]) -> Widget:
    rows = list(points) or [(glyphs.DONE, _("Nothing is open."))]
    return VerticalScroll(
        DetailBlock(
            "",
            lambda width: [
                line for glyph, text in rows for line in hanging([(f"{glyph} ", "")], text, width)
            ],
        ),
        classes="points",
    )


class OfferDayScreen(OfferDialog):
    HEADING = N_("Hand the day's duty over")
    PROMPT = N_("What the next person must know besides (optional)")
    DEFAULT_CSS = """
    OfferDayScreen {
        & #window { max-width: 100; }
        & .points { height: auto; max-height: 8; margin-bottom: 1; & DetailBlock { margin: 0; } }
        & NoteField { max-height: 4; }
        &.-tall .points { max-height: 16; }
    }
    """
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012  Textual's own

    def __init__(self, points: tuple[OpenPoint, ...]) -> None:
        services = self.app.ready
        self.day = services.calendar.day_of(self.app.now())
        self.points = points
        following = next_on_duty(services.runbook, self.day)
        super().__init__(services.runbook, str(following.person) if following is not None else "")

    def about(self) -> Iterable[Widget]:
        yield _points_list((point.glyph, point.text) for point in self.points)
        yield self.to

    async def write(self, text: str) -> str:
        lines = [point.text for point in self.points]
        await self.app.ready.incidents.hand_over_day(self.day.isoformat(), self.to.value, text, lines)
        return _("Offered to {who}, who accepts with 2 and H.", who=self.receiver)


class AcceptDayScreen(GuardedDialog[bool]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", N_("Confirm")),
        Binding("H", "again", N_("Hand over")),
    ]
    DEFAULT_CSS = """
    AcceptDayScreen {
        & #window { max-width: 100; padding: 1 2; }
        & .points { height: auto; max-height: 8; & DetailBlock { margin: 0; } }
        & Prose { height: auto; }
        & #own { color: $text-warning; }
        &.-tall .points { max-height: 16; }
    }
    """
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012  Textual's own

    app = app_getter(Console)

    def __init__(self, subject: str, offer: HandOver) -> None:
        super().__init__()
        self.subject, self.offer = subject, offer

    @property
    def is_own(self) -> bool:
        return self.offer.by == self.app.ready.journal.person.name

    def compose(self) -> ComposeResult:
        offer = self.offer
        to = offer.to or _("the next person")
        at = time_text(offer.at, self.app.zone, self.app.now())
        with window(_("Take the day's duty over"), _("⏎ takes over · H offers it anew · Esc closes")):
            words = _("{by} hands the duty of {day} over to {to} ({time}).")
            day = _day_of(self.subject, self.app.now().astimezone(self.app.zone).date())
            yield Prose(Content.styled(words.format(by=offer.by, day=day, to=to, time=at), "bold"))
            if offer.note:
                yield Prose(Content(offer.note))
            yield _points_list(("·", text) for text in offer.open)
            if self.is_own:
                own = _("You offered it yourself: the next person should accept it with a key of their own.")
                yield Prose(Content(f"{glyphs.ATTENTION} {own}"), id="own")

    def action_accept(self) -> None:
        """Take the duty over, unless the key was pressed before the offer could be read."""
        if self.guard.is_open:
            self.app.run_worker(_accept(self.app, self.subject, self.offer), group="hand-over")
            self.dismiss(False)

    def action_again(self) -> None:
        if self.guard.is_open:
            self.dismiss(True)


def _day_of(subject: str, today: date) -> str:
    text = subject.partition(":")[2]
    try:
        return day_text(date.fromisoformat(text), today)
    except ValueError:
        return text


async def _accept(app: Console, subject: str, offer: HandOver) -> None:
    services = app.ready
    incidents = services.incidents
    try:
        await incidents.accept_day(subject, offer)
    except AlreadyRecorded as error:
        words = _("{name} was faster: {text}", name=error.entry.person.name, text=error.entry.text)
        app.inform_of(services, words, severity="warning")
    except JournalError as error:
        app.inform_of(services, error.problem.message, severity="error")
    else:
        app.inform_of(services, _("You took the day's duty over from {who}.", who=offer.by))
    # Another system may be shown by now.
    if app.ready.incidents is incidents:
        app.hand_over = incidents.day_offer
