"""Turns a text into a Slack message: escaped, so that text from outside notifies nobody, in sections of accepted size."""

import re
from typing import Any

from services.slack.sending import Message

SECTION = 3000  # Characters of one section, as sent (docs.slack.dev: block kit, section)
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_UNITS = re.compile(r"&amp;|&lt;|&gt;|<[^<>]*>|.", re.DOTALL)
"""Parts of the escaped text that must not be split."""
_LINK = re.compile(r"https?://[!-;=?-{}~]+")


def mark(post: str) -> str:
    """The post's name in its message's footer, by which it is found if Slack did not keep the metadata."""
    return f"toban-{post}"


def inert(text: str) -> str:
    """`&`, `<` and `>` as entities, so that `<!channel>` and `<@U…>` notify nobody."""
    return re.sub("[&<>]", lambda match: _ESCAPED[match[0]], text)


def shown(text: str) -> str:
    """Escaped, with addresses as links, which Slack does not make in verbatim text."""
    return _LINK.sub(lambda match: f"<{match[0]}>", inert(text))


def sections(text: str) -> list[str]:
    pieces, piece = [], ""
    for line in shown(text).splitlines(keepends=True):
        for part in _parts(line):
            if len(piece) + len(part) > SECTION:
                pieces.append(piece)
                piece = ""
            piece += part
    pieces.append(piece)
    return [each.strip("\n") for each in pieces if each.strip()]


def _parts(line: str) -> list[str]:
    if len(line) <= SECTION:
        return [line]
    parts = [""]
    for unit in _UNITS.findall(line):
        # A link too long for a section becomes plain text.
        for piece in [unit] if len(unit) <= SECTION else list(unit.strip("<>")):
            if len(parts[-1]) + len(piece) > SECTION:
                parts.append("")
            parts[-1] += piece
    return parts


def body(message: Message) -> dict[str, Any]:
    """`text` (for notifications, and compared when a message is searched for) and `blocks` of a message.
    Verbatim: Slack turns no `#name` and no `@here` of the text into a link or a mention."""
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": piece, "verbatim": True}}
        for piece in sections(message.text)
    ]
    footer = {"type": "mrkdwn", "text": inert(message.footer), "verbatim": True}
    return {
        "text": f"{inert(message.text)}\n{inert(message.footer)}",
        "blocks": [*blocks, {"type": "context", "elements": [footer]}],
    }
