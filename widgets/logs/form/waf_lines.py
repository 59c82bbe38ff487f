"""Source: "Log fields for web ACL traffic" (AWS WAF developer guide)."""

from collections.abc import Mapping
from typing import ClassVar

from services.i18n import N_
from services.models.waf_records import host_of, rule_of
from widgets.logs.form.json_lines import parsed
from widgets.logs.form.line_form import LineForm, LineParts, Role
from widgets.logs.form.values import text_of

_BLOCKING = frozenset(["BLOCK", "CAPTCHA", "CHALLENGE"])
_NAMES = ("action", "client", "country", "rule", "method", "host", "uri", "args")


class WafLines(LineForm):
    id = "waf"
    title = N_("AWS WAF: action, client, country, rule, request")
    message_title = N_("request")
    selects = True
    roles: ClassVar[tuple[Role, ...]] = (
        Role("action", ("action",), N_("verdict"), least=5, roomy=7, most=9, rank=1),
        Role("client", ("client",), N_("client"), least=15, most=39, rank=2),
        Role("country", ("country",), N_("country"), least=2, roomy=7, most=7, rank=4),
        Role("rule", ("rule",), N_("rule"), least=6, roomy=10, most=40, rank=3),
    )

    def owns(self, group: str) -> bool:
        return group.startswith("aws-waf-logs-")

    def parse(self, text: str) -> LineParts | None:
        record = parsed(text)
        request = record.get("httpRequest") if record is not None else None
        if record is None or not isinstance(request, Mapping) or "action" not in record:
            return None
        args = text_of(request.get("args"))
        fields: dict[str, object] = {
            "action": record["action"],
            "client": request.get("clientIp"),
            "country": request.get("country"),
            "rule": rule_of(record),
            "method": request.get("httpMethod"),
            "host": host_of(request),
            "uri": request.get("uri"),
            "args": args,
        }
        method, host, uri = (text_of(fields[name], 2_000) for name in ("method", "host", "uri"))
        message = f"{method} {host}{uri}{'?' + args if args else ''}".strip()
        style = "warning" if text_of(record["action"]) in _BLOCKING else "plain"
        return LineParts(message, fields, style, hidden=frozenset(_NAMES))

    def tree(self, text: str) -> Mapping[str, object] | None:
        parts, record = self.parse(text), parsed(text)
        if parts is None or record is None:
            return None
        return {**{name: value for name, value in parts.fields.items() if value not in (None, "")}, **record}

    def selector(self, name: str) -> str:
        """The record's own name of a field; "" for a field that is put together from several."""
        own = {
            "action": "$.action",
            "client": "$.httpRequest.clientIp",
            "country": "$.httpRequest.country",
            "method": "$.httpRequest.httpMethod",
            "uri": "$.httpRequest.uri",
            "args": "$.httpRequest.args",
        }
        return own.get(name, "" if name in _NAMES else f"$.{name}")
