"""Finds secrets: keys, tokens, passwords, headers that authenticate.

Only the value is masked, so that a reader still sees what stood there. A value in JSON is masked inside its quotes,
also where the JSON is itself a string in JSON.
"""

import re
from collections.abc import Iterator

from services.logs.masking.kinds import AWS_KEY, HEADER, PASSWORD, PRIVATE_KEY, SLACK, TOKEN, Span

_VALUE = r"""(?: \\"(?P<escaped>[^"\\]*) | "(?P<double>(?:\\.|[^"\\])*) | '(?P<single>(?:\\.|[^'\\])*)
    | (?P<bare>(?:\$\{?)?[^\s,;&"')}\]\u240a]+) )"""
_SEPARATOR = r"""(?:\\?["']|%22)? [ \t]{0,8} (?:[=:：＝]|\\{1,4}u003d|%3[da]) [ \t]{0,8}"""
"""`=` is `\\u003d` in JSON that is safe for HTML, and `%3D` in a URL inside a URL."""

_PASSWORD = re.compile(
    rf"""(?ix) (?: passw(?:or)?d | passwd | pwd | passphrase | パスワード | 暗証番号
      | (?<=[a-z0-9]_)pass | (?-i:(?<=[a-z])Pass) | (?<=["'])pass(?=\\?["']) )
      (?: [_-]?(?:hash|value) )? {_SEPARATOR} {_VALUE}"""
)
_NAMED_TOKEN = re.compile(
    rf"""(?ix) (?: secret(?:[_-]?access)?(?:[_-]?key)? | (?:api|access|private|signing|encryption)[_-]?key
      | tokens? | credentials? | signature | session[_-]?(?:id|key) | (?<![a-z])otp ) (?: [_-]?(?:id|value|code) )? {_SEPARATOR} {_VALUE}"""
)
_AUTHORIZATION = re.compile(
    rf"""(?ix) (?:proxy-)?authorization {_SEPARATOR} (?:\\?["'])?
      (?: (?P<whole>(?:digest|aws4-hmac-sha256)\s[^"'\u240a\\]*)
        | (?:(?:bearer|basic|negotiate|token)\s+)? (?P<token>[^\s,;"'\\\u240a]+) )"""
)
_COOKIE = re.compile(
    rf"""(?ix) \b(?:set-)?cookies? {_SEPARATOR} (?:\\?["'])?
      (?P<value>[^\s"'\\\u240a;{{\[]+ (?:;[ ]?[^\s"'\\\u240a=;]+=[^\s"'\\\u240a;]*)*)"""
)
_HEADER_PAIR = re.compile(
    r"""(?ix) "name"\s{0,4}:\s{0,4}"(?:cookie|set-cookie|authorization|proxy-authorization|x-api-key|x-amz-security-token)"
      \s{0,4},\s{0,4}"value"\s{0,4}:\s{0,4}"(?P<value>(?:\\.|[^"\\])*)"""
)
"""A header as AWS WAF and CloudFront log it."""
_SQL_PASSWORD = re.compile(r"(?i)\b(?:password|identified\s{1,4}by)\s{1,4}'(?P<value>(?:''|[^'])*)'")
_SCHEME = re.compile(r"(?i)\b(?:bearer|basic)\s{1,4}(?P<value>(?=[^\s]{0,64}\d)[A-Za-z0-9+/._~=-]{8,})")
_USERINFO = re.compile(r"""://[^\s/:@"'?#]{0,64}:(?P<value>[^\s/@"']{1,128})@""")

_ACCESS_KEY = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{12,20}(?![A-Za-z0-9])")
_SECRET_KEY = re.compile(
    r"(?<![A-Za-z0-9+/=])(?=[^\s]{0,39}[A-Z])(?=[^\s]{0,39}[a-z])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])"
)
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){0,4}")
_GITHUB = re.compile(r"(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})")
_SERVICE_KEY = re.compile(
    r"(?<![A-Za-z0-9_-])(?:AIza[A-Za-z0-9_-]{30,64}|[sr]k[_-](?:live_|test_|proj-|ant-)?[A-Za-z0-9_-]{20,200})"
)
"""Keys that begin as Google's, Stripe's, OpenAI's or Anthropic's do."""
_SLACK_TOKEN = re.compile(r"(?<![A-Za-z0-9])x(?:ox[a-z]|app)-[A-Za-z0-9-]{10,255}")
_SLACK_HOOK = re.compile(r"""https://hooks\.slack\.com/(?P<value>[a-z]+/[^\s"'<>\\]{4,255})""")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----(?P<value>.*?)(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_KEY_LINE = re.compile(
    r"^\s{0,8}(?P<value>(?=[^\s]{0,75}[A-Z])(?=[^\s]{0,75}[a-z])(?=[^\s]{0,75}[0-9+/])"
    r"(?:[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{76}|[A-Za-z0-9+/]{20,74}={1,2}))\s{0,8}$"
)
"""A text that is one line of a private key, as where each line is an event of its own: 64 characters of base64 (RFC
7468; 76 in MIME), or the padded last ones."""

_SHORTEST_TOKEN = 6
"""`Unexpected token: }` is no token."""
_EMPTY = frozenset(["", "null", "none", "nil", "true", "false", "undefined", "-", "***", "{", "["])


_HINTED = (
    (("-----BEGIN ",), _PRIVATE_KEY, PRIVATE_KEY),
    (("AKIA", "ASIA"), _ACCESS_KEY, AWS_KEY),
    (("AKIA", "ASIA"), _SECRET_KEY, AWS_KEY),
    (("xox", "xapp-"), _SLACK_TOKEN, SLACK),
    (("hooks.slack.com/",), _SLACK_HOOK, SLACK),
    (("eyJ",), _JWT, TOKEN),
    (("gh", "github_pat_"), _GITHUB, TOKEN),
    (("AIza", "sk-", "sk_", "rk_"), _SERVICE_KEY, TOKEN),
    (("://",), _USERINFO, PASSWORD),
)
"""Patterns that are searched only in a text that contains one of their hints."""
_HINTED_FOLDED = (
    (("bearer", "basic"), _SCHEME, HEADER),
    (("password", "identified"), _SQL_PASSWORD, PASSWORD),
    (("pass", "pwd", "パスワード", "暗証番号"), _PASSWORD, PASSWORD),
    (("authorization",), _AUTHORIZATION, HEADER),
    (("cookie",), _COOKIE, HEADER),
    (('"name"',), _HEADER_PAIR, HEADER),
)
"""The same for hints in lower case."""

_TOKEN_WORDS = (
    "secret", "token", "credential", "signature", "session", "otp",
    *(f"{word}{gap}key" for word in ("api", "access", "private", "signing", "encryption") for gap in ("", "-", "_")),
)  # fmt: skip
"""A text without any of them (in lower case) has no named token."""


def find(text: str) -> Iterator[Span]:
    lower = text.lower()
    for folded, table in ((text, _HINTED), (lower, _HINTED_FOLDED)):
        for hints, pattern, kind in table:
            if any(hint in folded for hint in hints):
                yield from _values(pattern, text, kind)
    yield from _values(_KEY_LINE, text, PRIVATE_KEY)
    if any(word in lower for word in _TOKEN_WORDS):
        yield from _values(_NAMED_TOKEN, text, TOKEN, _SHORTEST_TOKEN)


def _values(pattern: re.Pattern[str], text: str, kind: str, shortest: int = 1) -> Iterator[Span]:
    """What the last group of each match captured, unless it is no secret; without groups, the whole match."""
    for match in pattern.finditer(text):
        group = match.lastgroup or 0
        value = match[group]
        if len(value) >= shortest and value.lower() not in _EMPTY:
            yield Span(*match.span(group), kind)
