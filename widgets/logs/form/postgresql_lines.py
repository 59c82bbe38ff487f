"""PostgreSQL's lines: the message first; user, database, address and process dim at the end; no second time.
Source: "Error Reporting and Logging" (PostgreSQL documentation); RDS writes `%t:%r:%u@%d:[%p]:` before each
message."""

import re
from collections.abc import Mapping

from services.i18n import N_
from services.models.text import clean
from widgets.logs.form.line_form import DRAWN_LIMIT, LineForm, LineParts, Span

_LINE = re.compile(
    r"(?P<stamp>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?(?: ?[A-Z][\w+/-]{0,31}| ?[+-]\d\d:?\d\d)?)"
    r"(?P<prefix>.{0,300}?)"
    r"\b(?P<severity>DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION)"
    r": {1,2}(?P<message>.*)",
    re.DOTALL,
)
_ADDRESS = re.compile(r"([0-9A-Za-z][\w.:-]{0,252})\((\d{1,5})\)|\[local\]")
_WHO = re.compile(r"([^\s:@\[\]()]*)@([^\s:@\[\]()]*)")
_PROCESS = re.compile(r"\[(\d{1,10})\]")
_FURTHER = frozenset(["DETAIL", "HINT", "STATEMENT", "CONTEXT", "QUERY", "LOCATION"])
"""Lines that belong to the message before them."""
_BREAK = re.compile(r"\s*\u240a\s*")


class PostgresqlLines(LineForm):
    """PostgreSQL's log, in the format of RDS or with another prefix."""

    id = "postgresql"
    title = N_("PostgreSQL: message first, client at the end")
    message_title = N_("message")
    never_columns = frozenset(["severity", "message", "time"])

    def owns(self, group: str) -> bool:
        return group.startswith("/aws/rds/") and group.endswith("/postgresql")

    def parse(self, text: str) -> LineParts | None:
        """Take a line apart; lines that continue another one have a label and an indent."""
        match = _LINE.match(text)
        if match is None:
            return None
        severity = match["severity"]
        message = _BREAK.sub(" \u240a ", clean(match["message"], DRAWN_LIMIT)).strip()
        client = _client(match["prefix"])
        fields: dict[str, object] = {
            "severity": severity,
            "message": message,
            **client,
            "time": match["stamp"],
        }
        label, style = "", ""
        if severity in _FURTHER:
            label, style = f"  {severity}: ", "plain"
        elif severity == "PANIC":  # the letter beside the time does not tell it from FATAL
            label = "PANIC: "
        return LineParts(message, fields, style, label, _tail(client), frozenset(fields))

    def tree(self, text: str) -> Mapping[str, object] | None:
        parts = self.parse(text)
        if parts is None:
            return None
        return {**parts.fields, "message": parts.message.replace(" \u240a ", "\n")}


def _client(prefix: str) -> dict[str, object]:
    prefix = clean(prefix)
    client: dict[str, object] = {}
    who, address, process = _WHO.search(prefix), _ADDRESS.search(prefix), _PROCESS.search(prefix)
    if who is not None and (who[1] or who[2]):
        client |= {"user": who[1], "database": who[2]}
    if address is not None:
        client |= {"address": address[1] or "[local]", "port": address[2] or ""}
    if process is not None:
        client["pid"] = process[1]
    return {name: value for name, value in client.items() if value}


def _tail(client: dict[str, object]) -> tuple[Span, ...]:
    who = "@".join(str(client[name]) for name in ("user", "database") if name in client)
    process = f"[{client['pid']}]" if "pid" in client else ""
    words = "  ".join(filter(None, (who, str(client.get("address", "")), process)))
    return ((f"  {words}", "key"),) if words else ()
