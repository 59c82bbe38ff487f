from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.getters import app as app_getter
from textual.widget import Widget

from services.i18n import N_, _, sentences
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.posts import Post, PostState
from tui.console import Console
from tui.screens.common.already_recorded import was_first
from tui.screens.common.confirm import confirm
from tui.screens.common.dialog import Dialog, window
from tui.screens.common.writing_dialog import NotTaken, WritingDialog
from widgets.drawing.block import DetailBlock
from widgets.drawing.format import wrap
from widgets.drawing.lines import ROLES, Line
from widgets.drawing.prose import Prose
from widgets.drawing.table import KeyedTable
from widgets.journal.post_lines import POST_STYLES, columns, detail, rows

_OPEN = (PostState.WAITING, PostState.REFUSED, PostState.UNKNOWN)
"""States in which a person can decide about a post."""
Decision = Callable[[Post, str], Awaitable[None]]  # Records a decision about a post, with its reason


class OutboxScreen(Dialog[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "again", N_("Send")),
        Binding("m", "mark", N_("Mark as posted")),
        Binding("delete", "drop", N_("Discard")),
    ]
    DEFAULT_CSS = """
    OutboxScreen > #window {
        width: 96%; max-width: 150; height: 90%;
        & KeyedTable { height: 1fr; min-height: 4; }
        & VerticalScroll { height: 1fr; min-height: 6; border-top: solid $border; scrollbar-size-vertical: 1; }
    }
    OutboxScreen.-none > #window { height: auto; & VerticalScroll { height: auto; border-top: none; } }
    """

    app = app_getter(Console)

    def __init__(self) -> None:
        super().__init__()
        self.table = KeyedTable(columns(), margin=1)
        self.block = DetailBlock(_("Slack message"), self._lines)

    def compose(self) -> ComposeResult:
        with window(_("Slack outbox")):
            yield self.table
            with VerticalScroll(can_focus=True):
                yield self.block

    def on_mount(self) -> None:
        self.watch(self.app, "posts", self._show)
        self.watch(self.app, "zone", self._show)
        self.table.focus()

    def _show(self) -> None:
        self.table.display = bool(self.app.posts)
        self.set_class(not self.app.posts, "-none")
        self.table.set_rows(rows(self.app.posts, self.app.zone, self.app.now()))
        self._moved()

    @on(KeyedTable.Highlighted)
    @on(KeyedTable.Gone)
    def _moved(self) -> None:
        self.block.update()
        self.query_one("#window").border_subtitle = Content(_(" · ").join([*self._keys(), _("Esc closes")]))

    def _keys(self) -> Iterator[str]:
        post = self._post()
        if post is None or post.state not in _OPEN:
            return
        yield _("p sends") if post.attempts == 0 else _("p resends")
        if post.state is PostState.UNKNOWN:
            yield _("m marks as posted")
        yield _("Delete discards")

    def _post(self) -> Post | None:
        return next((each for each in self.app.posts if each.id == self.table.cursor_key), None)

    def _lines(self, width: int) -> list[Line]:
        post = self._post()
        if post is not None:
            return detail(post, self.app.zone, self.app.now(), width)
        text = _("There are no Slack messages. Press p on an alarm or a finding to write one.")
        if why := self.app.ready.outbox.why:
            text = sentences(text, why)
        return [[(line, "muted")] for line in wrap(text, width)]

    def action_again(self) -> None:
        """Send the post after a question; if it may be in Slack already, ask how the user knows that it is not."""
        post, outbox = self._open_post(), self.app.ready.outbox
        if post is None:
            return
        if outbox.why:
            self.app.inform(outbox.why, severity="warning")
        elif post.state is PostState.UNKNOWN:
            prompt = _("How you know that it is not in Slack")
            self.app.push_screen(DecideScreen(post, _("Send again"), prompt, outbox.send_again))
        else:
            first = post.attempts == 0
            title = _("Send to Slack") if first else _("Send again")
            verb = _("sends") if first else _("resends")
            confirm(self.app, title, _sending(post), verb, lambda: self._send_again(post))

    @work(group="send-again", exclusive=True)
    async def _send_again(self, post: Post) -> None:
        now = next((each for each in self.app.posts if each.id == post.id), post)
        if now.state is not post.state:
            # Another console, or this one by itself, has sent or settled it while the question was on screen.
            self.app.inform(_("Not sent: the message is now {state}.", state=POST_STYLES[now.state].word))
            return
        try:
            await self.app.ready.outbox.send_again(post, "")
        except JournalError as error:
            self.app.inform(error.problem.message, severity="error")

    def action_mark(self) -> None:
        """Mark the post as sent, because a person has seen it in Slack."""
        post = self._open_post()
        if post is None:
            return
        if post.state is not PostState.UNKNOWN:
            self.app.inform(_("This message is certainly not in Slack."))
            return
        prompt = _("Where you saw it")
        self.app.push_screen(DecideScreen(post, _("Mark as posted"), prompt, self.app.ready.outbox.mark_sent))

    def action_drop(self) -> None:
        post = self._open_post()
        if post is not None:
            prompt = _("Reason for discarding")
            self.app.push_screen(DecideScreen(post, _("Discard"), prompt, self.app.ready.outbox.drop))

    def _open_post(self) -> Post | None:
        post = self._post()
        if post is None or post.state in _OPEN:
            return post
        self.app.inform(_("No decision is needed: {state}.", state=POST_STYLES[post.state].word))
        return None


def _summary(post: Post) -> list[Content]:
    style = POST_STYLES[post.state]
    head = Content.assemble((style.text, ROLES[style.role]), "  ", post.channel)
    return [head, Content.styled(post.text.strip().partition("\n")[0], ROLES["muted"])]


def _sending(post: Post) -> Content:
    words = _("It is posted now, as it stands, for everybody in {channel} to read.")
    return Content("\n").join([*_summary(post), Content(words.format(channel=post.channel))])


class DecideScreen(WritingDialog):
    def __init__(self, post: Post, title: str, prompt: str, decide: Decision) -> None:
        self._title, self._prompt = title, prompt
        super().__init__()
        self.post = post
        self._decide = decide

    def heading(self) -> str:
        return self._title

    def placeholder(self) -> str:
        return self._prompt

    def about(self) -> Iterable[Widget]:
        yield Prose(Content("\n").join(_summary(self.post)), classes="about")

    def refused(self, text: str) -> str:
        return "" if text else _("A reason is required to decide about a message.")

    async def write(self, text: str) -> str:
        try:
            await self._decide(self.post, text)
        except AlreadyRecorded as error:
            first = was_first(error.entry, self.app.zone, self.app.now(), self.app.ready.journal.shared_host)
            raise NotTaken(_("{first}; your reason was not recorded.", first=first)) from error
        return _("Recorded: {decision}", decision=self._title)
