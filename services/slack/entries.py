"""The journal's entries about posts, in the language of the screen. An attempt has a number. For each number
there is at most one entry that begins it, one with its outcome and one that settles an unknown outcome:
claims ensure that, whichever console writes."""

from services.host.processes import process_data
from services.i18n import _
from services.models.journal import EntryKind, NewEntry
from services.models.posts import Post, Proposal
from services.slack.sending import SlackSent

SUBJECT = "post:"
_LINE = 200  # Maximum number of characters of a note in its entry's text


def release(id: str, channel: str, text: str, about: Proposal) -> NewEntry:
    return NewEntry(
        kind=EntryKind.POST,
        subject=SUBJECT + id,
        target=about.target,
        text=_("For {channel}: {text}", channel=channel or "Slack", text=_line(text)),
        data={"channel": channel, "text": text, "thread": about.thread, "alarm": about.alarm},
        claim=f"post:{id}",
    )


def posting(post: Post, console: str, thread_ts: str) -> NewEntry:
    """The next attempt begins, as a reply to `thread_ts`; the console that has the claim makes it."""
    attempt = post.attempts + 1
    return NewEntry(
        kind=EntryKind.POSTING,
        subject=SUBJECT + post.id,
        target=post.target,
        text=_("Sending to {channel}, attempt {number}", channel=post.channel, number=attempt),
        data={"attempt": attempt, **process_data(), "console": console, "thread_ts": thread_ts},
        claim=f"posting:{post.id}#{attempt}",
    )


def posted(post: Post, sent: SlackSent, thread_ts: str, claim: str, *, evidence: str = "") -> NewEntry:
    """The post is in Slack; `evidence` says how that is known if not from Slack's response."""
    where = _("Posted to {channel}", channel=post.channel)
    return NewEntry(
        kind=EntryKind.POSTED,
        subject=SUBJECT + post.id,
        target=post.target,
        text=f"{where}: {evidence}" if evidence else where,
        data={"ts": sent.ts, "channel_id": sent.channel_id, "thread_ts": thread_ts},
        claim=claim,
    )


def refused(post: Post, reason: str, claim: str, *, code: str = "", retry_at: str = "") -> NewEntry:
    """The post is certainly not in Slack; `retry_at` (ISO 8601): when a console retries automatically; "": never."""
    return _unposted(post, reason, claim, {"state": "refused", "code": code, "retry_at": retry_at})


def unknown(post: Post, reason: str, claim: str) -> NewEntry:
    return _unposted(post, reason, claim, {"state": "unknown"})


def again(post: Post, why: str, claim: str) -> NewEntry:
    text = _("Send again to {channel}", channel=post.channel)
    return NewEntry(
        kind=EntryKind.POST,
        subject=SUBJECT + post.id,
        target=post.target,
        text=f"{text}: {_line(why)}" if why.strip() else text,
        data={
            "channel": post.channel,
            "text": post.text,
            "thread": post.thread,
            "attempt": post.attempts,
            "why": why,
        },
        claim=claim,
    )


def dropped(post: Post, why: str) -> NewEntry:
    """A person decides not to send it; takes the claim of the next attempt, so that no console makes one."""
    text = _("Discarded: {why}", why=_line(why))
    return _unposted(post, text, f"posting:{post.id}#{post.attempts + 1}", {"state": "dropped", "why": why})


def outcome_claim(post: Post) -> str:
    return f"posting:{post.id}#{post.attempts}:outcome"


def settled_claim(post: Post) -> str:
    return f"posting:{post.id}#{post.attempts}:settled"


def _unposted(post: Post, reason: str, claim: str, data: dict[str, object]) -> NewEntry:
    return NewEntry(
        kind=EntryKind.UNPOSTED,
        subject=SUBJECT + post.id,
        target=post.target,
        text=reason,
        data={**data, "attempt": post.attempts},
        claim=claim,
    )


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LINE else f"{line[:_LINE]}…"
