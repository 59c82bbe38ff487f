from collections.abc import Iterable
from typing import ClassVar
from uuid import uuid4

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets.text_area import Selection

from services.i18n import N_, _, plural, sentences
from services.incidents.escalation import Renewed, slack_text
from services.journal.origin import person
from services.logs.masking.of_runbook import masker_of
from services.models.alarms import Alarm
from services.models.change_runs import Run
from services.models.findings import Recorded
from services.models.metrics import Series
from services.models.posts import Proposal
from services.slack.note_wording import FILL, newest
from services.slack.notes import NoteContext, about_alarm, about_change, about_finding, emergency_of
from tui.console import Console
from tui.screens.common.writing_dialog import WritingDialog
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose


def propose_alarm(app: Console, alarm: Alarm, curve: tuple[Series, ...] | None = None) -> None:
    """Propose a note about an alarm's present state; `curve` is its metric as far as it was read."""
    incident = next((one for one in app.incidents if one.target == alarm.name), None)
    context = _note_context(app)
    proposal = about_alarm(alarm, context, app.posts, current=newest(curve), incident=incident)
    app.push_screen(PostScreen(proposal))


def propose_finding(app: Console, recorded: Recorded) -> None:
    app.push_screen(PostScreen(about_finding(recorded, _note_context(app))))


def propose_change(app: Console, run: Run) -> None:
    app.push_screen(PostScreen(about_change(run, _note_context(app))))


def propose_emergency(app: Console, run: Run) -> None:
    if emergency_of(run) is not None:
        propose_change(app, run)


def _note_context(app: Console) -> NoteContext:
    services = app.ready
    identity = app.identity.value if app.identity is not None else None
    return NoteContext(
        runbook=services.runbook,
        calendar=services.calendar,
        region=services.session.settings.region or services.runbook.system.region,
        now=app.now(),
        by=person(identity).name,
    )


def _evidence_words(proposal: Proposal) -> str:
    if proposal.alarm:
        return _("AWS's own text was added at the end.")
    return _("Rows of the finding were added at the end.")


class PostScreen(WritingDialog):
    """Sends exactly the text that is in the field when Enter is pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "add_evidence", N_("Add evidence"), priority=True)
    ]
    DEFAULT_CSS = """
    PostScreen {
        & #window { max-width: 100; }
        & NoteField { max-height: 18; }
        &.-short NoteField { max-height: 9; }
    }
    """

    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012  Textual's own

    def __init__(self, proposal: Proposal, renewed: Renewed | None = None) -> None:
        super().__init__()
        self.proposal, self._renewed = proposal, renewed
        self.id_of_post = uuid4().hex[:12]
        """One for each dialog, so that pressing Enter twice does not send the note twice."""
        self.field.text = proposal.text
        self._evidence = [
            (words, table)
            for words, table in (
                (_evidence_words(proposal), proposal.evidence),
                (_("LOG TEXTS were added at the end: read them before sending."), proposal.private),
            )
            if table
        ]
        self._warned = ""

    def heading(self) -> str:
        return _("Slack message: {title}", title=self.proposal.title)

    def about(self) -> Iterable[Widget]:
        outbox = self.app.ready.outbox
        parts = [Content.assemble("→ ", (outbox.channel or "Slack", ROLES["strong"]))]
        if outbox.why:
            words = sentences(outbox.why, _("The message is recorded and stays unsent."))
            parts.append(Content.styled(words, ROLES["bad"]))
        elif self.proposal.thread:
            parts.append(Content.styled(self._thread(outbox.threads), ROLES["muted"]))
        yield Prose(Content("\n").join(parts), classes="about")

    def _thread(self, threads: bool) -> str:
        if not threads:
            return _("a webhook cannot reply in threads: it is posted on its own in the channel")
        thread = self.proposal.thread
        answers = any(post.thread == thread and post.ts for post in self.app.posts)
        return _("a reply in the thread of this alarm") if answers else _("starts the thread of this alarm")

    def on_mount(self) -> None:
        more = _(" · ^t adds evidence") if self._evidence else ""
        window = self.query_one("#window")
        window.border_subtitle = Content(_("⏎ sends · ^j new line · Esc closes") + more)
        self.field.selection = self._gap()
        if self._renewed is not None:
            self.watch(self.app, "incidents", self.renew)

    def renew(self) -> None:
        self.run_worker(self._renew(), group="situation", exclusive=True)

    async def _renew(self) -> None:
        situation = await self._renewed() if self._renewed is not None else None
        text = slack_text(situation) if situation is not None else self.proposal.text
        is_unedited = self.field.written == self.proposal.text.strip()
        if is_unedited and not self._writing and text != self.proposal.text:
            self.proposal = self.proposal.model_copy(update={"text": text})
            self.field.text = text
            self.field.selection = self._gap()

    def _gap(self) -> Selection:
        """Select the first placeholder, so that typing replaces it; without one, the end of the text."""
        for row, line in enumerate(self.field.document.lines):
            column = line.find(_(FILL))
            if column >= 0:
                return Selection((row, column), (row, column + len(_(FILL))))
        return Selection.cursor(self.field.document.end)

    def action_add_evidence(self) -> None:
        if not self._evidence:
            self.show_message(_("There is no more evidence to add."))
            return
        words, table = self._evidence.pop(0)
        self.field.insert(f"\n{table}", self.field.document.end)
        self.show_message(words)

    def refused(self, text: str) -> str:
        if not text:
            return _("Nothing has been written yet.")
        masked = masker_of(self.app.ready.runbook).masked(text)
        if masked.counts:
            self.field.text = masked.text
            count = sum(masked.counts.values())
            return plural(
                "{count} secret or personal detail was masked. Press ⏎ again to send.",
                "{count} secrets or personal details were masked. Press ⏎ again to send.",
                count,
            ).format(count=count)
        if _(FILL) in text and text != self._warned:
            self._warned = text
            return _("“{gap}” is still in the text. Press ⏎ again to send anyway.", gap=_(FILL))
        return ""

    def unsaved(self) -> str:
        return "" if self.field.written == self.proposal.text.strip() else super().unsaved()

    async def write(self, text: str) -> str:
        outbox = self.app.ready.outbox
        entry = await outbox.release(self.id_of_post, text, self.proposal)
        number = _(" ({note})", note=entry.seq) if entry is not None else ""
        if outbox.why:
            return _("Recorded{number}, not sent: {why}", number=number, why=outbox.why)
        return _("Recorded{number}; sending to {channel}", number=number, channel=outbox.channel)
