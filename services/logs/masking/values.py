"""Reads the value that stands beside a telling name, whatever separates them. Every pattern is matched at one place and bounded.

A value behind a sign (`=`, `:`, `=>`, a tab…) is a secret unless it is plainly none; behind words (`is`, は, a space) it has to
look like one.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from services.logs.masking.kinds import HIDDEN, PASSWORD, TOKEN, words
from services.logs.masking.names import Telling

CLOSERS = re.compile(r"""(?:%5D|%22|["'`\]”’」』)*]){0,4}""")
_ABOUT = re.compile(
    r"""(?i)[ ]\(?(?:for|of|to|at|on)[ ][^\s=:"]{1,60}(?:[ ][A-Za-z0-9_-]{1,20}){0,3}?\)?(?=[ ]?(?::(?=\s|\Z)|=)|[ ](?:is|was|set|changed|reset)\b)|[ ]?\([^()\n]{1,30}\)(?=[ ]?[:=])"""
)
"""`password for the database: …`, `password (temporary): …`"""
_SIGN = re.compile(
    r"[ ]{0,40}(?:=>|->|~>|→|⇒|←|<-|:=|={1,3}|:{1,2}|[\u25b6\u25ba]|\.{2,60}[ ]?:?|…{1,3}|\t{1,8}(?:[:=|][ \t])?)(?:\*{1,2}(?=[ ]))?[ \t]{0,40}"
)
_INDENTED = re.compile(
    r"\n(?:[ \t]{1,40}|(?=[^\s:=]{4,200}[ \t]{0,4}(?:\n|\Z)))(?![^\s:=]{1,80}[ \t]?[:=](?:[ \t\n]|\Z)|-[ ])"
)
_VAGUE_SIGN = re.compile(r"[ ]{0,8}(?:\||-{1,2}|–|—)[ ]{1,8}|[ ]{0,4}\([ ]?|[ ]{1,4}\[")
_WORDS = re.compile(
    r"(?i)[ ]{1,4}(?:(?:is|was|are|were|equals|became|becomes)(?:[ ](?:now|currently|still))?(?:[ ](?:set|changed|reset|updated))?"
    r"|(?:has[ ]been[ ]|was[ ]|will[ ]be[ ])?(?:set|changed|reset|updated|rotated|changes)(?:[ ]from)?|will[ ]be|from|to|value)(?:[ ](?:to|as|:))?[ :]{1,4}"
)
_PARTICLE = re.compile(
    r"[ ]{0,4}(?:の)?(?:値|文字列|中身|内容|設定値|平文)?[ ]{0,4}(?:は|が|も|を|に|として|って|:|=)[ ]{0,4}(?:、|次の通り:?|以下:?|下記:?)?[ ]{0,4}(?:\n[ ]{0,8})?"
)
_SAID_BEFORE = re.compile(
    r"(?<![^\s\"'])([^\s\"'<>]{4,80})[ ](?:is|was|as)(?:[ ](?:the|your|my|our|his|her|a|new|temporary|initial|current)){0,3}[ ][\w]{0,20}\Z"
)
_SAID_BEFORE_JAPANESE = re.compile(
    r"([!-~]{4,80})[ 」』]?(?:が|という)[ ]?(?:仮|初期|新しい|新|現在の){0,2}\Z"
)
_TO_BRACKET = re.compile(r"[^\n]{1,400}?(?=[ ]{1,8}\[[^\]\s]{1,40}\][ ]=>|[ ]\)(?:[\s\"'<]|\Z)|\n|\Z)")
_UNCLOSED = re.compile(r"[^\n]*?(?=&[\w.-]{1,40}=|\n|\Z)")
"""The rest of a string that is cut."""
_TO_QUOTE = {
    quote: re.compile(rf"(?:(?![ &;,]{{1,2}}[\w.-]{{2,40}}=)[^{quote}\n\\<>]){{1,400}}(?={quote})")
    for quote in "\"'"
}
"""`"password=two words"`"""
_CHANGED = re.compile(r"[ ]to[ ]([^\s\"'<>]{1,200})")
_GAP = re.compile(r"[ ]{1,8}(?![-|])")
_LAST_WORD = re.compile(r"""[A-Za-z]{4,40}(?=[.!]?(?:\s*\Z|\s{0,4}["'<\n)}\]]|[.!][ ][A-Z]))""")
"""A word that ends a sentence."""
_ONLY_BAR = re.compile(r"[ ]{0,40}\|[ ]{0,4}([^|\n]{1,400})(?=\n|\Z)")
"""A column of a table that is printed a line a field."""
_ONLY_TAB = re.compile(r"[^\t\n]{0,400}(?:\n|\Z)")
_SETTING = re.compile(r"[ ]{0,4}(?:に|へ)(?:変更|設定|更新|リセット|初期化|再設定)")
_ENDING = re.compile(
    r"[ ]{0,4}(?:です|でした|でし|だ(?![け])|である|となり|になり|に変更|に設定|に更新|に再設定|にリセット|へ変更|と(?!も)|で(?:ログイン|接続|認証|サインイン|す)|を|、|。|\)|\n|\Z|,|（|\()"
)
_UNIT = re.compile(r"[ ]?(?:文字|桁|回|日|時間|分|秒|件|個|種|以上|以下|年|か月|ヶ月|%)")
_SCHEME = re.compile(
    r"(?i)(?:bearer|basic|digest|negotiate|token|apikey|ntlm|aws4-hmac-sha256|key|bot|sso-key)[ \t]{1,4}(?=\S)"
)
_WRAPPER = re.compile(
    r"""(?:[brufBRUF]{1,2}|!{1,2}[A-Za-z]{1,12}[ ]|&[a-z]{1,12}[ ]|@|\$|(?:[A-Za-z_][\w.]{0,40}\([ ]?)?)(?=["'`])"""
)
_BLOCK = re.compile(r"(?:[|>][+-]?\d?[+-]?)[ \t]{0,4}\n(?P<indent>[ \t]{1,40})")
_QUOTES = (
    ('"""', re.compile(r'"""(.*?)"""', re.DOTALL)),
    ("'''", re.compile(r"'''(.*?)'''", re.DOTALL)),
    ('"', re.compile(r'"((?:\\.|""(?=[^\s,:}\])]{1,3})|[^"\\])*+)"', re.DOTALL)),
    ("'", re.compile(r"'((?:\\.|''|[^'\\])*+)'", re.DOTALL)),
    ("'", re.compile(r"'([^'\n]*)'")),
    ("`", re.compile(r"`([^`\n]*)`")),
    ("「", re.compile(r"「([^」\n]{0,400})」")),
    ("『", re.compile(r"『([^』\n]{0,400})』")),
    ("【", re.compile(r"【([^】\n]{0,400})】")),
    ("“", re.compile(r"“([^”\n]{0,400})”")),
    ("‘", re.compile(r"‘([^’\n]{0,400})’")),
    ("《", re.compile(r"《([^》\n]{0,400})》")),
    ("〈", re.compile(r"〈([^〉\n]{0,400})〉")),
    ("(", re.compile(r"\(([^()\n]{0,400})\)")),
    ("[", re.compile(r"\[([^\[\]\n\"'{},]{1,400})\]")),
    ("<", re.compile(r"<([^<>\n/]{1,400})>")),
)
_LIST = re.compile(
    r"""\[[ \n]{0,20}(?:"(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+'|[^\s\[\]"',]{1,200})(?:[ \n]{0,20},[ \n]{0,20}(?:"(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+'|[^\s\[\]"',]{1,200})){0,500}"""
)
_ITEM = re.compile(r""""((?:\\.|[^"\\])*+)"|'((?:\\.|[^'\\])*+)'|([^\s\[\]"',]+)""")
_BARE = re.compile(
    r"""(?x)(?: [^\s\\"'`<>&,;(){}\[\]|、。」』】”’]
      | \\(?!\\*[nrtu"'])\S
      | &(?!\w{1,10};|\#|[\w.%\-\[\]]{1,40}=)(?=\S) | [;,](?![\w.%\- ]{1,40}["']?\s?(?:=|:[ ]|:["']))(?=[^\s"'\[{}\])<,;])
      | \((?![^()\n]{0,40}[^\x00-\x7f)]) (?=\S) | [{\[\])}|](?=[\w!-\#$%&*+./:=?@^~\[\](){}-]{0,4}[\w!\#$%*+/?@^~]) | ['`](?=\w) )+"""
)
_PHRASE = re.compile(r"""[^\s"'<>,;{}\[\]]+(?:[ ](?![\w.-]{1,40}[=:])[^\s"'<>,;{}\[\]]+){0,12}""")
_ASCII_RUN = re.compile(r"[!-~]{3,400}")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\Z")
_EMPTY = re.compile(
    r"""(?ix)(?: null|none|nil|nan|true|false|undefined|unset|empty|n/a|yes|no|on|off|ok|ng|なし|無し|有り|あり|未設定|設定済み?|非公開|省略|変更済み?|
      [-_.*•\u25cf?＊・#…]+ | [xX]{3,40} | \[?[<(\[]?(?:redacted|masked|hidden|filtered|removed|omitted|protected|sensitive|マスク済み?|伏字|非表示|データ保護)[>)\]]?\]? |
      \$\{[^{}]{1,80}\} | \$\([^()]{1,80}\) | \{\{.{1,80}\}\} | \$[A-Z][A-Z0-9_]+ | %[A-Z_]+% | %\w | <[^<>]{0,80}\s[^<>]{0,80}> | <[A-Za-z_ -]{1,40}> | [<\[{(]{1,2}(?:secret|password|token|your\S{0,30})[>\]})]{1,2} | :\w{1,40} | \$\d{1,2} | [{\[(}\])]+ |
      \{[\w.]{1,40}\} | <[^\x00-\x7f]{1,40}> | [/.]+ | [\w.-]{1,60}\+\d{1,4}d |
      process\.env\.\w+ | os\.environ\S* | os\.getenv\S* | arn:aws[a-z-]*:\S+ )\Z"""
)
"""What stands in a secret's place where there is none to see."""
_MESSAGE = re.compile(
    r"(?i)(?:is|are|was|has|have|must|should|can(?:'t|not)?|may|does(?:n't)?|too|not|required|invalid|incorrect|expected|please|this field|this value|value|string|the password|passwords?|field)"
    r"[ ][a-z' (]{3,}|.{0,60}(?:です|ます|ません|ました|ください|でした|こと|必須|必要|不正|無効|できない|しない)[。.!]?\Z"
)
"""What a validation says about a value."""
STOP = frozenset(
    words(
        "incorrect invalid expired wrong missing required not must is was are has had cannot can should may too does did do the a an in on at of for to from by with and or but if when while because expected unexpected unauthorized denied rejected refused accepted changed updated rotated reset set unset valid ok failed failure error mismatch empty blank null none optional disabled enabled verified unverified revoked issued created deleted removed generated stored encrypted hashed hidden masked unknown unsupported malformed authentication verification validation policy rotation be been will would it its this that these those there no yes only already never still unable could does please check enter contact string number boolean object array integer type jwt bearer bcrypt hash md5 sha sha1 sha256 sha512 aes rsa hmac null nil iam http https oauth oauth2 saml oidc basic digest successful successfully succeeded complete completed pending locked weak strong short long found unchanged identical different"
    )
)
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLAIN = re.compile(
    r"""(?ix)(?: v?\d{1,4}(?:[.\-/:]\d{1,4}){1,7}[a-z]{0,3}\S{0,2} | \d{4}-\d\d-\d\d\S* | \d{1,3}(?:,\d{3})+ | \d{1,6}(?:st|nd|rd|th|s|ms|m|h|d|kb|mb|gb|px|bits?|bytes?|chars?|x|%)
      | arn:\S+ | \w+://\S* | /[\w./-]+ | [\w.-]+\.(?:java|py|js|ts|go|rb|php|kt|cs|html|json|ya?ml|log|txt)\S* | [A-Za-z_.]+\([^()]*\) | \w+\(\d{1,5}(?:,\d{1,3})?\)? | [a-z_.-]+=(?:[^=]\S*)? | [\w.+-]+@[\w.-]+\.\w+ | [a-z]+-\d{1,3} | sha-?\d{1,3}\S{0,1} | [A-Z]{2,10}-\d{1,7} | \$?\{\S* )[.,;:!?)]*\Z"""
)


_NAME_OF_SECRET = re.compile(r"(?:[a-z]+(?:[-_][a-z]+)*/)+[a-z]+(?:[-_.][a-z]+)*\Z")
"""`prod/app-config`: where the secret is."""
_PLACEHOLDER = re.compile(r"\{[a-z_.]{1,40}\}(?!\w)")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z][A-Z0-9]*)+\Z")
_PROSE = re.compile(
    r"(?:[A-Za-z]+'[a-z]{1,2}|[a-z]+|[A-Z][a-z]+|(?:[A-Z][a-z]+)+(?:Error|Exception))(?=[ ][a-z]+[ .,:])"
)
"""A word of a sentence."""
_ASSIGNED = re.compile(r"[A-Za-z][\w.-]{1,40}=[^=\s]")
_IN_URL = re.compile(r"://[^\s\"']{1,200}/\Z")


class Value(NamedTuple):
    """A secret's place in a view; `is_number`: it is a number of JSON, without quotes of its own."""

    start: int
    end: int
    is_number: bool = False


def is_secret(value: str, telling: Telling, *, strict: bool = False) -> bool:
    """Whether a value beside a telling name is one; `strict`: only words or a space stand between them."""
    if (
        (len(value) < telling.shortest and (strict or value.isdigit()))
        or not value
        or _EMPTY.match(value)
        or _MESSAGE.match(value)
    ):
        return False
    if telling.kind == TOKEN and _NAME_OF_SECRET.match(value):
        return False
    return looks_secret(value) if strict else True


@lru_cache(maxsize=256)
def looks_secret(value: str) -> bool:
    """Whether a word is none of a language: digits among letters, signs, capitals within, or mere digits."""
    value = value.rstrip(".,:;)。、")
    if value[-1:] in ("!", "?") and value[:-1].isalpha() and value[:-1].islower() and value.isascii():
        return False
    if (
        len(value) < 4
        or any(map(str.isspace, value))
        or _PLAIN.match(value)
        or _VARIABLE.match(value)
        or value.lower() in STOP
        or HIDDEN in value
    ):
        return False
    if value.isdigit():
        return 4 <= len(value) <= 10
    has_digit = any(map(str.isdigit, value))
    has_letter = any(map(str.isalpha, value))
    if has_digit and has_letter:
        return len(value) >= 5
    signs = sum(character in "!#$%&*+=?@^~|" for character in value)
    if signs and (has_letter or has_digit):
        return True
    turns = sum(a.islower() and b.isupper() for a, b in pairwise(value))
    return (turns >= 2 and len(value) >= 8) or (
        len(value) >= 20 and value.isalnum() and len(set(value)) >= 12
    )


class Reader:
    """Reads values in one view."""

    def __init__(self, text: str) -> None:
        self._text = text

    def beside(
        self, start: int, end: int, telling: Telling, *, before: str, is_japanese: bool
    ) -> Iterator[Value]:
        """The secrets beside the name from `start` to `end`; `before`: the character before it."""
        text = self._text
        at = CLOSERS.match(text, end).end()  # type: ignore[union-attr]
        if (about := _ABOUT.match(text, at)) is not None:
            at = about.end()
        if before == "/" and text[at - 1] in "\"'" and _IN_URL.search(text, max(0, start - 220), start):
            return
        if (sign := _SIGN.match(text, at)) is not None:
            is_json = text[at - 1] == '"'
            is_certain = not telling.is_vague or (
                telling.kind == PASSWORD and (is_json or "=" in sign[0] or "\t" in sign[0])
            )
            if "\t" in sign[0]:
                # Of a table, the next cell is no value.
                is_certain = (
                    is_certain
                    and _ONLY_TAB.match(text, sign.end()) is not None
                    and "\t" not in text[max(0, end - 80) : end].rpartition("\n")[2]
                )
            yield from self._behind_sign(
                sign.end(),
                telling,
                is_json=is_json,
                sign=sign[0].strip(" "),
                strict=not is_certain,
                whole=self._whole(start, text[at - 1], sign[0]),
            )
        elif before == "/":
            return
        elif before == "-" and (gap := re.compile(r"""["']?[ ,\n]{1,8}""").match(text, at)) is not None:
            if not text.startswith("-", gap.end()):
                yield from self.value(gap.end(), telling)
        elif is_japanese:
            yield from self._in_japanese(end, telling)
        else:
            yield from self._in_words(at, telling, is_symbol=before == ":")

    def _whole(self, start: int, closer: str, sign: str) -> re.Pattern[str] | None:
        """How far a value without quotes of its own reaches if that is told by what stands before its name."""
        first = self._text[start - 1 : start]
        if first == "[" and closer == "]" and "=>" in sign:
            return _TO_BRACKET
        return _TO_QUOTE.get(first) if sign == "=" else None

    def before(self, start: int, *, is_japanese: bool) -> Iterator[Value]:
        """The secret that stands before the name at `start`: `X is the password`, `X がパスワード`."""
        near = self._text[max(0, start - 120) : start]
        if not any(
            map(near[-40:].__contains__, ("が", "という") if is_japanese else (" is ", " was ", " as "))
        ):
            return
        match = (_SAID_BEFORE_JAPANESE if is_japanese else _SAID_BEFORE).search(near)
        if match is not None and looks_secret(match[1]):
            first = max(0, start - 120) + match.start(1)
            yield Value(first, first + len(match[1]))

    def quoted(self, at: int, telling: Telling, *, strict: bool = False) -> Iterator[Value]:
        """The value in quotes or brackets that begin at `at`."""
        for quote, pattern in _QUOTES:
            if self._text.startswith(quote, at) and (match := pattern.match(self._text, at)) is not None:
                start, end = match.span(1)
                yield from self.trimmed(start, end, telling, strict=strict)
                return

    def _behind_sign(
        self,
        at: int,
        telling: Telling,
        *,
        is_json: bool,
        sign: str,
        strict: bool,
        whole: re.Pattern[str] | None,
    ) -> Iterator[Value]:
        text = self._text
        if (block := _BLOCK.match(text, at)) is not None:
            yield from self._block(block, telling)
            return
        if (fold := _INDENTED.match(text, at)) is not None:
            at = fold.end()
            yield from self.value(at, telling, strict=strict or not fold[0].strip("\n"))
        elif at < len(text):
            is_sentence = ":" in sign and not is_json and text[at - 1] == " "
            yield from self.value(
                at, telling, is_json=is_json, is_sentence=is_sentence, strict=strict, whole=whole
            )

    def _block(self, block: re.Match[str], telling: Telling) -> Iterator[Value]:
        """The lines of a block of YAML, as far as they are indented."""
        text, start = self._text, block.end()
        end, next_line = start, text.find("\n", start)
        while next_line >= 0 and text.startswith(block["indent"], next_line + 1):
            end, next_line = next_line, text.find("\n", next_line + 1)
        end = next_line if next_line >= 0 else len(text)
        yield from self.trimmed(start, end, telling)

    def value(
        self,
        at: int,
        telling: Telling,
        *,
        is_json: bool = False,
        is_sentence: bool = False,
        strict: bool = False,
        whole: re.Pattern[str] | None = None,
    ) -> Iterator[Value]:
        text = self._text
        if (wrapper := _WRAPPER.match(text, at)) is not None:
            at = wrapper.end()
        quote = text[at : at + 1]
        strict = strict or (quote == "`" and telling.kind != PASSWORD)
        if quote == "<" and (mark := _QUOTES[-1][1].match(text, at)) is not None and _EMPTY.match(mark[0]):
            return
        if (
            quote == "["
            and (items := _LIST.match(text, at)) is not None
            and ("," in items[0] or text[at + 1 : at + 2] in "\"'\n ")
        ):
            yield from self._items(items, telling)
        elif (quote and quote in "\"'`「『【“‘《〈") or (quote and quote in "([<"):
            count = 0
            for value in self.quoted(at, telling, strict=strict):
                yield value
                count += 1
            if not count and quote in "\"'" and not self._closes(at):
                yield from self.trimmed(at + 1, _UNCLOSED.match(text, at + 1).end(), telling)  # type: ignore[union-attr]
        else:
            yield from self._bare(
                at, telling, is_json=is_json, is_sentence=is_sentence, strict=strict, whole=whole
            )

    def _closes(self, at: int) -> bool:
        """Whether the quote at `at` is closed somewhere."""
        return any(p.match(self._text, at) is not None for q, p in _QUOTES if self._text.startswith(q, at))

    def _items(self, items: re.Match[str], telling: Telling) -> Iterator[Value]:
        for item in _ITEM.finditer(self._text, items.start() + 1, items.end()):
            start, end = item.span(item.lastindex or 0)
            if is_secret(self._text[start:end], telling):
                yield Value(start, end, is_number=bool(item[3] and _NUMBER.match(item[3])))

    def _bare(
        self,
        at: int,
        telling: Telling,
        *,
        is_json: bool,
        is_sentence: bool,
        strict: bool,
        whole: re.Pattern[str] | None,
    ) -> Iterator[Value]:
        text = self._text
        if (scheme := _SCHEME.match(text, at)) is not None:
            at = scheme.end()
        if _PLACEHOLDER.match(text, at) is not None:
            return
        match = (whole.match(text, at) if whole is not None else None) or (
            _PHRASE if telling.is_phrase else _BARE
        ).match(text, at)
        if match is None:
            return
        value = match[0]
        if value.lower().rstrip(".,!:;") in STOP and (is_sentence or value.isalpha()):
            return
        is_word = is_sentence and value.isalpha() and value.isascii() and (value.islower() or value.istitle())
        if is_word and telling.shortest > 1 and not looks_secret(value):
            return
        if is_sentence and telling.kind != PASSWORD and (_PROSE.match(text, at) or _ASSIGNED.match(value)):
            return
        if is_secret(value, telling, strict=strict):
            yield Value(at, match.end(), is_number=is_json and _NUMBER.match(value) is not None)

    def trimmed(self, start: int, end: int, telling: Telling, *, strict: bool = False) -> Iterator[Value]:
        """The value in quotes, without a scheme before it and spaces around it."""
        text = self._text
        if (scheme := _SCHEME.match(text, start, end)) is not None:
            start = scheme.end()
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if is_secret(text[start:end], telling, strict=strict):
            yield Value(start, end)

    def _in_words(self, at: int, telling: Telling, *, is_symbol: bool) -> Iterator[Value]:
        text = self._text
        if (row := _ONLY_BAR.match(text, at)) is not None and text.rfind(
            "|", text.rfind("\n", 0, at) + 1, at
        ) < 0:
            yield from self.trimmed(*row.span(1), telling)
            return
        words = _WORDS.match(text, at) or _VAGUE_SIGN.match(text, at) or _GAP.match(text, at)
        if words is None:
            return
        at = words.end()
        if text[at : at + 1] in ('"', "'", "`", "“", "「", "『"):
            inner = next((m for q, p in _QUOTES if text.startswith(q, at) and (m := p.match(text, at))), None)
            if (
                inner is not None
                and not _VARIABLE.match(inner[1])
                and (
                    is_symbol
                    or words[0].strip() not in ("", "(", "[")
                    or any(map(looks_secret, inner[1].split()))
                    or not inner[1].isascii()
                    or (inner[0][0] == "`" and telling.kind == PASSWORD and not telling.is_vague)
                )
            ):
                yield from self.trimmed(*inner.span(1), telling)
        elif (
            (word := _LAST_WORD.match(text, at)) is not None
            and not words[0].isspace()
            and _WORDS.match(words[0])
        ):
            if word[0].lower() not in STOP and not word[0].endswith(
                ("ed", "ing", "ble", "ly", "ful", "less", "en", "own")
            ):
                yield Value(at, word.end())
        elif (match := _BARE.match(text, at)) is not None and is_secret(match[0], telling, strict=True):
            is_uuid = _UUID.match(match[0]) is not None
            if not (is_uuid and words[0].isspace()):
                yield Value(at, match.end())
            if (new := _CHANGED.match(text, match.end())) is not None and looks_secret(new[1]):
                yield Value(*new.span(1))

    def _in_japanese(self, end: int, telling: Telling) -> Iterator[Value]:
        text = self._text
        particle = _PARTICLE.match(text, end)
        at = particle.end() if particle is not None else re.compile(r"[ ]{0,4}").match(text, end).end()  # type: ignore[union-attr]
        if text[at : at + 1] and text[at] in "「『【“《〈\"'`([<":
            inner = next((m for q, p in _QUOTES if text.startswith(q, at) and (m := p.match(text, at))), None)
            if inner is not None and _is_quoted_secret(inner[1], is_said=particle is not None):
                yield from self.trimmed(*inner.span(1), telling)
            return
        run = _ASCII_RUN.match(text, at)
        if run is None or _UNIT.match(text, run.end()) or not is_secret(run[0], telling):
            return
        is_said = particle is not None and particle[0].strip(" \n")[-1:] in ("は", "が", "も")
        is_plain = (
            is_said
            and _ENDING.match(text, run.end()) is not None
            and not _PLAIN.match(run[0])
            and run[0].lower() not in STOP
        )
        stop = run.end()
        while stop > run.start() and text[stop - 1] in ").,\"'":
            stop -= 1
        is_plain = is_plain or (particle is not None and _SETTING.match(text, run.end()) is not None)
        if is_plain or looks_secret(run[0]):
            yield Value(run.start(), stop)


_ABOUT_VALUES = re.compile(
    "文字|桁|以上|設定|変更|再発行|忘れ|英数|記号|入力|確認|ボタン|画面|ログイン|エラー|期限|有効"
)


def _is_quoted_secret(text: str, *, is_said: bool) -> bool:
    """Whether brackets behind a Japanese name hold its value, not the label of a button or a rule."""
    if _ABOUT_VALUES.search(text) or _EMPTY.match(text) or _PLAIN.match(text):
        return False
    return is_said or looks_secret(text) or (text.isascii() and len(text) >= 4 and text.lower() not in STOP)
