"""The judge: every sentence that leaves the console matches a row of sentences.txt whose facts hold at its
moment. `parts` splits a text into sentences and rows, `untrue` judges them. What no row knows is untrue,
too."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from services.i18n import language
from tests.services.incidents.outgoing.claim import LASTS, TITLES, Claim, both, other, phase
from tests.services.incidents.outgoing.states import JST, MINUTE, History

_TIME = r"(?:(?:\d{4}-)?\d\d-\d\d\(\w+\) )?\d\d:\d\d|\d\d-\d\d\(?\w*\)?[ \d:]*…"
_FULL = r"\w+ \d+ \w+ \d{4} \d\d:\d\d JST|\d+年\d+月\d+日\(.\) \d\d:\d\d JST"
_TOKENS = {
    "t": _TIME, "full": _FULL, "d": LASTS, "n": r"[\d,]+", "who": r"\w+", "day": r"(?:\d{4}-)?\d\d-\d\d\(\w+(?:\)|…)",
    "x": ".*?", "note": ".*?", "asof": "(?:（この時点の状態）|, before the end: the state at that time)?",
    "recovery": "自動復旧|recovery", "part": "(?: （他の障害の一部）| \\(part of another\\))?", "cause": ".+",
    "by": "[^|]*?", "other": ".+?", "holder": "[^|]+?", "left": ".*?", "guess": r"\D+", "state": "[□◐✓] (?:未対応|対応中|終了|not taken|responding|ended)",
}  # fmt: skip
_ANNEX = re.compile(r"\s*(\(Annex \d+\)|（別紙\d+）)$|^(Annex \d+: |別紙\d+ )")
_UNTIL = re.compile(rf"^(?:Impact|影響) › (.+)(?:\. Figures until |。数値は )({_TIME})(?: まで)?$")
_HEADS = re.compile(
    r"^(?:✓ |(?:HEAD › )?(?:State|状態|Impact on users|利用者への影響): |(?:Impact|影響) › |[^:：]*(?: による承認|の承認| \([^)]*\)): |[^›]+ › )"
)
"""What stands before sentences that each have a row."""
_ROW = re.compile(r"^(?:Timeline › Time|経過 › 時刻) › (.*)$")


def parts(surface: str, text: str) -> Iterator[tuple[str, str]]:
    """(surface, sentence or row) of a text; a row of a table as `heading › first column › cell | cell`."""
    for line in _report_lines(text) if surface.startswith("report") else text.splitlines():
        line = " ".join(line.split()).rstrip("。.")
        if match := _UNTIL.match(line):
            pieces = [
                f"{part} @{match[2]}"
                for part in re.split("；|; ", match[1])
                if not re.search("measured|測定", part)
            ]
            yield from (("impact", part) for part in pieces)
            yield from [] if pieces else [("report", line)]
        elif match := re.match("(?:Why|理由): (.*)", line):
            yield from (("reason", part) for part in _sentences(match[1]))
        elif match := _ROW.match(line):
            yield "timeline", match[1]
        elif line:
            yield surface, line


def _sentences(text: str) -> list[str]:
    """The sentences of a line; what is cut off at its end is left out."""
    pieces = (
        piece.strip().rstrip("。.") for piece in re.split(r"。|(?<=[^\d])\. |(?<=\d)\. (?=\D)|；|; ", text)
    )
    return [piece for piece in pieces if piece and not piece.endswith("…")]


def _report_lines(text: str) -> Iterator[str]:
    heading, head, lines = "", "", text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        words = re.sub(r"\\(.)", r"\1", line).strip()
        if line.startswith("# "):
            heading = "HEAD"
            yield words
        elif line.startswith("#"):
            heading = _ANNEX.sub("", words.lstrip("# "))
        elif line.startswith("**"):
            yield from [words] if heading == "HEAD" else []
        elif line.startswith("| "):
            if following.startswith("| -"):
                head = line[2:].partition(" |")[0]
            elif not line.startswith("| -"):
                yield f"{heading} › {head} › " + " | ".join(cell.strip() for cell in words[1:-1].split("|"))
        elif words:
            yield f"{heading} › {words.removeprefix('- ')}"


@cache
def _rows() -> list[tuple[re.Pattern[str], dict[str, re.Pattern[str]], str]]:
    lines = Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("¦")] for line in lines if line and not line.startswith("#")]
    return [(re.compile(row[0]), {"ja": _pattern(row[1]), "en": _pattern(row[2])}, row[3]) for row in rows]


def _pattern(text: str) -> re.Pattern[str]:
    def token(part: str) -> str:
        name = part.strip("<>")
        return f"(?P<{name}>{_TOKENS.get(name) or _TOKENS.get(name.rstrip('0123456789'), '.+?')})"

    pieces = re.split(r"(<\w+>)", text)
    body = "".join(token(piece) if re.fullmatch(r"<\w+>", piece) else re.escape(piece) for piece in pieces)
    body = body.replace(r"\|\ (?P<note>", r"\|\ ?(?P<note>")
    return re.compile(rf"{body}(?: @(?P<until>{_TIME}))?")


def verdicts(
    h: History, at: datetime, steps: Sequence[str], surface: str, text: str
) -> Iterator[tuple[str, str]]:
    """(verdict, text) of a line: as a row knows it, else of each of its sentences."""
    whole = judged(h, at, steps, surface, text)
    pieces = _sentences(_HEADS.sub("", text))
    if whole == "unknown" and pieces and pieces != [text] and surface != "timeline":
        names = [TITLES[one.target][language() == "en"] in text for one in both(h, at)]
        h = other(h) if names == [False, True] else h
        for piece in pieces:
            yield judged(h, at, steps, surface, piece, "state", "impact", "reason"), piece
    else:
        yield whole, text


def judged(h: History, at: datetime, steps: Sequence[str], surface: str, text: str, *more: str) -> str:
    """`true`, `unknown` (no row knows it), or the fact that does not hold."""
    verdict = "unknown"
    families = (
        surface,
        *more,
        *(
            ("state", "impact", "reason")
            if surface in ("phone", "offer", "announcement", "hand-over")
            else ()
        ),
    )
    for pattern, forms, facts in _rows():
        if not any(pattern.fullmatch(family) for family in families):
            continue
        if match := forms[language()].fullmatch(text):
            groups = match.groupdict()
            one = _subject(h, at, groups)
            if one is None:
                continue
            claim = Claim(one, at, steps, groups)
            wrong = [fact for fact in facts.split() if not claim.holds(fact)]
            if not wrong:
                return "true"
            verdict = wrong[0] if verdict == "unknown" else verdict
    return verdict


def _subject(h: History, at: datetime, groups: dict[str, Any]) -> History | None:
    """The history that a title or a target names; None if there is none."""
    named = groups.get("title") or groups.get("target")
    for one in both(h, at):
        if named is None or named == one.target or named == TITLES[one.target][language() == "en"]:
            return one
    return None


_KINDS = {"alarm": "アラーム", "evidence": "証拠", "person": "対応", "note": "メモ", "recovery": "自動復旧"}
_EN_KINDS = {"person": "response"}
NEUTRAL = frozenset(
    ["id", "seq", "trigger", "target", "title", "playbook", "version", "system", "system_title", "timezone", "language", "journal", "stale", "last_seq", "word", "why", "reason", "causes", "signals", "decided_scores", "evidence", "evidence_problem", "log_lines", "withheld"]
)  # fmt: skip
"""Fields that say nothing about the course of the incident, or what the weighing makes of the evidence."""


def json_parts(h: History, at: datetime, document: Any) -> Iterator[tuple[str, bool | tuple[str, str]]]:
    """(field, whether it is true, or the sentence that it is) of MCP's answers: a list of incidents, or a report."""
    if isinstance(document, list):
        for line in document:
            yield from _line_parts(next(one for one in both(h, at) if one.target == line["target"]), at, line)
        return
    yield from _line_parts(h, at, document["incident"])
    claim = Claim(h, at, (), {})
    ja = language() == "ja"
    until = _moment(document["measured_until"])
    named = f"{until.astimezone(JST):%m-%d(x) %H:%M}" if until else ""
    for key, value in document.items():
        if key == "impact" and value and not claim.holds("is_finding"):
            yield from ((key, ("impact", f"{part} @{named}")) for part in re.split("；|; ", value))
        elif key == "figures":
            for row in value:
                time = f"{_moment(row['at']).astimezone(JST):%m-%d(x) %H:%M}"
                head = "影響 › 測定値" if ja else "Impact › Measured"
                yield (
                    key,
                    ("report", f"{head} › {row['title']} | {row['usual'] or '—'} | {row['worst']} | {time}"),
                )
        elif key == "timeline":
            for row in value:
                time = f"{_moment(row['at']).astimezone(JST):%m-%d(x) %H:%M}"
                kind = _KINDS[row["kind"]] if ja else _EN_KINDS.get(row["kind"], row["kind"])
                yield key, ("timeline", f"{time} | {kind} | {row['text']} | {row['by']}".strip())
        elif key == "steps":
            for row in value:
                acts = [(state, act.at) for state, act in h.step(row["number"] - 1, at)]
                is_open = not acts and (row["mark"], row["at"]) == ("todo", None)
                yield key, is_open or (row["mark"], _moment(row["at"])) in acts
        elif key == "onset":
            yield key, value is None or _moment(value["at"]) == h.onset or value["basis"] == "alarm"
        elif key == "until":
            yield key, _moment(value) == (h.end(at) or h.now)
        elif key == "course":
            yield key, ("state", value)
        elif key not in ("incident", "impact"):
            checks: dict[str, Callable[[Any], bool]] = {
                "made_at": lambda value: _moment(value) == h.now,
                "changes": lambda value: value == [],
                "runbook_draft": lambda value: bool(value) != h.approved,
            }
            checks["measured_until"] = lambda value: (
                (value is None) == (claim.holds("is_finding") or not h.last("capture", at=at))
            )
            yield key, key in NEUTRAL or (key in checks and checks[key](value))


def _line_parts(h: History, at: datetime, line: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    claim = Claim(h, at, (), {})
    take, closed = next(iter(h.done("take", at=at)), None), h.closed(at)
    decided = h.last("decide", at=at)
    mtta, mttr = claim.mtta(), claim.mttr()
    expected = {
        "state": "closed" if closed else "taken" if h.holder(at) else "open",
        "taken_at": take and take.at, "taken_by": take.who if take else "", "recovered_at": h.recovered(at), "closed_at": closed and closed.at,
        "closed_by": closed.who if closed else "", "holder": h.holder(at), "cause": h.cause(at),
        "mtta_seconds": mtta and mtta.total_seconds(), "mttr_seconds": mttr and mttr.total_seconds(),
        "summary": "まとめ" if closed else "", "since": h.since,
    }  # fmt: skip
    for key, value in line.items():
        if key in expected:
            yield key, expected[key] == (_moment(value) if key.endswith(("_at", "since")) else value)
        elif key == "decision":
            yield key, (value or {}).get("title") == (decided and decided.text)
        elif key == "contacted":
            yield (
                key,
                [(each["role"], each["by"]) for each in value]
                == [(act.text, act.who) for act in h.done("tell", at=at)],
            )
        elif key == "follow_ups":
            yield key, bool(value) == claim.something_left()
        elif key in ("joined", "joined_to"):
            yield key, bool(value) == (h.has_part(at) if key == "joined" else h.joined(at))
        elif key == "phase":
            yield key, value == phase(claim)
        elif key == "offered_to":
            yield key, (value or "") == h.offered(at)
        elif key == "spells":
            starts = (
                [h.since, *(start for start, _end in [*h.firings(at)[1:]]), h.fired(at)]
                if not claim.holds("is_finding")
                else []
            )
            yield key, sorted({_moment(each["start"]) for each in value}) == sorted(set(starts))
        elif key == "opened_at":
            yield key, h.since <= _moment(value) <= h.since + timedelta(minutes=2)
        else:
            yield key, key in NEUTRAL


def _moment(value: str | None) -> Any:
    return datetime.fromisoformat(value) if value else None


_MUSTS = (
    ("phone|slack|offer", "ended", "復旧|終了|OK に|recovered|closed|ended|over"),
    ("report.*", "unapproved", "承認されていません|未承認|not approved|unapproved|Nobody has approved"),
    ("phone|slack", "approval", "承認いただけ|approve it"),
    ("phone|slack", "approval", "満杯|is full"),
    ("phone|slack", "asked", "100 GiB.*200 GiB"),
    ("phone|slack", "asked", "¥4,140"),
    ("report", "counted", "{total}"),
    ("hand-over", "listed", "{title}"),
    ("slack|offer", "told", "was told at|連絡済み"),
)
"""(surface, when, what it must say then)."""


def missing(h: History, surface: str, text: str) -> list[str]:
    claim, end = Claim(h, h.now, (), {}), h.end(h.now)
    totals = {h.total(end - back * MINUTE)[1] for back in range(4)} if end and h.counts_errors else set()
    is_asking = end is None and claim.holds("asks_approval") and claim.holds("is_captured") and h.fires(h.now)
    when = {
        "ended": end is not None,
        "unapproved": not h.approved,
        "counted": claim.holds("is_closed") and claim.holds("is_captured") and any(totals),
        "approval": is_asking,
        "asked": is_asking and claim.holds("is_asked"),
        "told": end is None
        and bool(h.playbook.to)
        and not claim.holds("is_not_escalated")
        and claim.holds("has_no_limit"),
        "listed": claim.holds("is_open") and claim.holds("is_whole"),
    }
    words = {
        "total": "|".join(f"{each:,}|{each}" for each in totals if each),
        "title": re.escape(TITLES[h.target][language() == "en"]),
    }
    return [
        f"{name}: {each}"
        for pattern, name, each in _MUSTS
        if re.fullmatch(pattern, surface) and when[name] and not re.search(each.format(**words), text)
    ]


def untrue(
    h: History, steps: Sequence[str], surface: str, at: datetime, text: str
) -> Iterator[tuple[str, str]]:
    """(`true` or the fact that does not hold, sentence) of everything that a text says, and what it leaves out."""
    if surface.startswith("mcp"):
        for key, value in json_parts(h, at, json.loads(text)):
            if isinstance(value, bool):
                yield ("true" if value else f"json:{key}"), key
            else:
                yield from ((verdict, f"{key}: {part}") for verdict, part in verdicts(h, at, steps, *value))
        return
    for kind, part in parts(surface, text):
        yield from verdicts(h, at, steps, kind, part)
    yield from (("must", each) for each in missing(h, surface, text))
