"""A note for Slack: proposed by the console, edited and let go by a person."""

from collections.abc import Iterable
from typing import ClassVar
from uuid import uuid4

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets.text_area import Selection

from services.i18n import N_, _
from services.journal.origin import person
from services.models.alarms import Alarm
from services.models.findings import Recorded
from services.models.posts import Proposal
from services.slack.texts import FILL, NoteContext, about_alarm, about_finding
from tui.console import Console
from tui.screens.common.guard import TypeAheadGuard
from tui.screens.common.writing_dialog import WritingDialog
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose


def propose_alarm(app: Console, alarm: Alarm) -> None:
    """Propose a note about an alarm's present state."""
    app.push_screen(PostScreen(about_alarm(alarm, _desk(app), app.posts)))


def propose_finding(app: Console, recorded: Recorded) -> None:
    """Propose a note about a finding."""
    app.push_screen(PostScreen(about_finding(recorded, _desk(app))))


def _desk(app: Console) -> NoteContext:
    services = app.ready
    identity = app.identity.value if app.identity is not None else None
    return NoteContext(
        runbook=services.runbook,
        calendar=services.calendar,
        region=services.session.settings.region or services.runbook.system.region,
        now=app.now(),
        by=person(identity).name,
    )


class PostScreen(WritingDialog):
    """Nothing goes to Slack but what stands in the field when enter is pressed."""

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

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self.proposal = proposal
        self.id_of_post = uuid4().hex[:12]
        """One for each dialog, so that a second press lets nothing go twice."""
        self.guard = TypeAheadGuard(self)
        self.field.text = proposal.text
        self._evidence = [
            (words, table)
            for words, table in (
                (_("Rows of the finding were added at the end."), proposal.evidence),
                (_("LOG TEXTS were added at the end: read them before sending."), proposal.private),
            )
            if table
        ]
        self._warned = ""

    def heading(self) -> str:
        """The window's title."""
        return _("Slack message: {title}").format(title=self.proposal.title)

    def about(self) -> Iterable[Widget]:
        """Where it goes, in which thread; what to set where nothing can be sent."""
        outbox = self.app.ready.outbox
        parts = [Content.assemble("→ ", (outbox.channel or "Slack", ROLES["strong"]))]
        if outbox.why:
            words = _("{why} The message is recorded and stays unsent.").format(why=outbox.why)
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
        """Enter counts only once what it would send could be read."""
        more = _(" · Ctrl+T adds evidence") if self._evidence else ""
        window = self.query_one("#window")
        window.border_subtitle = Content(_("Enter sends · Ctrl+J new line · Esc closes") + more)
        self.field.selection = self._gap()
        self.guard.hold()

    def _gap(self) -> Selection:
        """The first place that only a person can fill: what is typed takes its place."""
        for row, line in enumerate(self.field.document.lines):
            column = line.find(_(FILL))
            if column >= 0:
                return Selection((row, column), (row, column + len(_(FILL))))
        return Selection.cursor(self.field.document.end)

    def hears(self) -> bool:
        """Not what was typed ahead."""
        return self.guard.is_open

    def action_add_evidence(self) -> None:
        """Rows of the finding at the end; texts of logs only when asked once more."""
        if not self._evidence:
            self.tell(_("There is no more evidence to add."))
            return
        words, table = self._evidence.pop(0)
        self.field.insert(f"\n{table}", self.field.document.end)
        self.tell(words)

    def refused(self, text: str) -> str:
        """An empty note tells nobody anything; one with gaps goes out only at a second press."""
        if not text:
            return _("Nothing has been written yet.")
        if _(FILL) in text and text != self._warned:
            self._warned = text
            return _("“{gap}” is still in the text. Press Enter again to send anyway.").format(gap=_(FILL))
        return ""

    def unsaved(self) -> str:
        """What the console proposed can be proposed again."""
        return "" if self.field.written == self.proposal.text.strip() else super().unsaved()

    async def write(self, text: str) -> str:
        """Record that it was let go; the outbox sends it. Raises JournalError."""
        outbox = self.app.ready.outbox
        entry = await outbox.let_go(self.id_of_post, text, self.proposal)
        number = f" ({entry.seq})" if entry is not None else ""
        if outbox.why:
            return _("Recorded{number}, not sent: {why}").format(number=number, why=outbox.why)
        return _("Recorded{number}; sending to {channel}").format(number=number, channel=outbox.channel)
