"""Reads the value that stands beside a telling name, whatever separates them. Every pattern is matched at one
place and bounded. A value behind a sign (`=`, `:`, `=>`, a tab…) is a secret unless it is plainly none;
behind words (`is`, は, a space) it has to look like one."""

import re
from functools import lru_cache
from itertools import pairwise

from services.logs.masking.kinds import HIDDEN, PASSWORD, TOKEN, words
from services.logs.masking.names import Telling

Place = tuple[int, int]  # `[start, end)` of a value

_BEHIND = re.compile(
    r"""(?x) (?:%5D|%22|["'`*\]”’」』)]){0,4}
      (?: [ ]\(?(?i:for|of|to|at|on)[ ][^\s=:"]{1,60}(?:[ ][A-Za-z0-9_-]{1,20}){0,3}?\)?(?=[ ]?(?::(?=\s|\Z)|=)|[ ](?i:is|was|set|changed|reset)\b)
        | [ ]?\([^()\n]{1,30}\)(?=[ ]?[:=]|[ ](?:is|was)\b) )?"""
)
"""What closes a name and says what it is for: `password for the database: …`, `password (temporary): …`"""
_SIGN = re.compile(
    r"(?P<sign>[ ]{0,40}(?:=>|->|~>|→|⇒|←|<-|:=|={1,3}|:{1,2}|[\u25b6\u25ba]|\.{2,60}[ ]?:?|…{1,3}|\t{1,8}(?:[:=|][ \t])?|\|(?=[ ]{0,4}[^|\s][^|\n]{0,400}(?:\n|\Z)))(?:\*{1,2}(?=[ ]))?[ \t]{0,40})"
    r"(?P<fold>\n[ \t]{0,40}(?:-[ ])?(?![^\s:=]{1,80}[ \t]?[:=](?:[ \t\n]|\Z)))?"
)
_LINK = re.compile(
    r"(?i)(?P<words>[ ]{1,4}(?:(?:is|was|are|were|equals|became|becomes)(?:[ ](?:now|currently|still))?(?:[ ](?:set|changed|reset|updated))?"
    r"|(?:has[ ]been[ ]|was[ ]|will[ ]be[ ])?(?:set|changed|reset|updated|rotated|changes)(?:[ ]from)?|will[ ]be|from|to|value)(?:[ ](?:to|as|:))?[ :]{1,4})"
    r"|[ ]{0,8}(?:\||-{1,2}|–|—)[ ]{1,8}|[ ]{0,4}\([ ]?|[ ]{1,4}\[|[ ]{1,8}(?![-|])"
)
_PARTICLE = re.compile(
    r"[ ]{0,4}(?:の)?(?:値|文字列|中身|内容|設定値|平文)?[ ]{0,4}(?:は|が|も|を|に|として|って|:|=|です[。:]?(?=\n))[ ]{0,4}(?:、|(?:以下|次|下記)(?:の(?:とおり|通り))?(?:です|になります)?[。:]?)?[ ]{0,4}(?:\n[ \n─=-]{0,60})?"
)
_SAID_BEFORE = re.compile(
    r"""(?:(?<![^\s"'])([^\s"'<>]{4,80})[ ](?:is|was|as)(?:[ ](?:the|your|my|our|a|new|temporary|initial|current)){0,3}[ ](?:\w{1,20}[ ])?"""
    r"|([!-~]{4,80})[ 」』]?(?:が|という)[ ]?(?:仮|初期|新しい|新|現在の){0,2})\Z"
)
"""`X is the password`, `X がパスワード`"""
SAYING = (" is ", " was ", " as ", "が", "という")
_VALUE_BEFORE = re.compile(
    r"""alue["']?[ ]{0,4}[:=][ ]{0,4}["']?([^"'<>\n,]{1,100})["']?,?\s{1,40}["']?(?i:name|key|id)["']?[ ]{0,4}[:=][ ]{0,4}["']?[\w.$-]{0,40}"""
)
"""`value="X" name="password"`"""
_TO_BRACKET = re.compile(r"[^\n]{1,400}?(?=[ ]{1,8}\[[^\]\s]{1,40}\][ ]=>|[ ]\)(?:[\s\"'<]|\Z)|\n|\Z)")
_UNCLOSED = re.compile(r"[^\n]*?(?=&[\w.-]{1,40}=|\n|\Z)")
_TO_QUOTE = {
    quote: re.compile(rf"(?:(?![ &;,]{{1,2}}[\w.-]{{2,40}}=)[^{quote}\n\\<>]){{1,400}}(?={quote})")
    for quote in "\"'"
}
_WORD = re.compile(r"""[A-Za-z]+(?=[\s.,!:;)\]}"'<]|\Z)""")
_LAST_WORD = re.compile(r"""[A-Za-z]{4,40}(?=[.!]?(?:\s*\Z|\s{0,4}["'<\n)}\]]|[.!][ ][A-Z]))""")
_GAP, _SPACES = re.compile(r"""["']?[ ,\n]{1,8}(?!-)"""), re.compile("[ ]{0,4}")
_END_OF_TEXT = re.compile(r"""["'](?:[)\]]|[ ]?[,+][ ]?(?P<next>(?=["']))?)""")
_CHANGED_TO = re.compile(r"""["'`」』]?[ ]{0,2}(?:\bto\b|->|=>|→|から)[ ]{0,2}(?=\S)""")
"""From the value before to the one after."""
_BELOW = re.compile(
    r"(?:です|[^\n]{0,24}?)[。:]?[ ]{0,4}\n[ \n=─-]{0,60}(?P<value>[!#-&(-z|~]{4,100})[ ]{0,4}(?=\n|\Z)"
)
_BELOW_WORDS = re.compile("以下|下記|次の|です")
_DONE_TO = re.compile(
    r"を[^\s\x00-\x7f]{2,16}(?:しました|した|済み):[ ]{0,4}(?P<value>[!#-&(-;=?-[\]-z|~]{4,100})"
)
_TUPLE = re.compile(r'">>,[ ]?<<(?=")|(?<=[a-z]),[ ]?(?=")')
"""`{<<"password">>,<<"…">>}` and `{password,"…"}` of Erlang."""
_PLACEHOLDER = re.compile(r"\$\d{1,2}(?!\w)")
_PARAMETER = r"{} = '((?:''|[^'])*)'"  # What a log of PostgreSQL has for a placeholder
_FURTHER_WORDS = re.compile(r"(?:[ ][^\s:=]{2,40}){1,3}(?=\s*?(?:\n|\Z))")
_SETTING = re.compile(r"[ ]{0,4}(?:に|へ)(?:変更|設定|更新|リセット|初期化|再設定)")
_ENDING = re.compile(
    r"[ ]{0,4}(?:です|でした|でし|だ(?![け])|である|となり|になり|に変更|に設定|に更新|に再設定|にリセット|へ変更|と(?!も)|で(?:ログイン|接続|認証|サインイン|す)|を|、|。|\)|\n|\Z|,|（|\()"
)
UNIT = (
    r"(?i:[ ]?(?:文字|桁|回(?!線|答)|日(?!本)|時間|分(?!か)|秒|件(?!名)|個(?!人)|種|名|人|世代|以上|以下|以内|年|[かヶケカ]月|%(?![!-~]))"
    r"|(?:[ ]of[ ]\d{1,6})?[ ](?:(?:more|failed|wrong|invalid|remaining|consecutive|active|expired)[ ])?(?:attempt|tr(?:y|ies)\b|char|digit|letter|symbol|byte|bit\b|bits\b|time(?!s?[ ]out)|failure|retr(?:y|ies)|"
    r"second|sec\b|minute|min\b|hour|day|week|month|year|item|entr(?:y|ies)|record|row|user|account|request|error|test|warning|match|result|generation|version)[a-z]{0,6}(?![\w=:]))"
)
"""What makes the number before it a count."""
COUNT = re.compile(
    rf"(?:最低|最大|残り|あと|約|計|全)?[ ]?\d[\d,]{{0,8}}(?:[ ]?[-~〜～][ ]?\d{{1,6}})?(?:{UNIT}|-(?:day|char|digit))"
)
_SCHEME = re.compile(
    r"(?i)(?:bearer|basic|digest|negotiate|token|apikey|ntlm|aws4-hmac-sha256|key|bot|sso-key)[ \t]{1,4}(?=\S)"
)
_WRAPPER = re.compile(
    r"""(?:[brufBRUF]{1,2}|!{1,2}[A-Za-z]{1,12}[ ]|&[a-z]{1,12}[ ]|@|\$|string\(\d{1,6}\)[ ]|(?:(?!get)[A-Za-z_]\w{0,40}\([ ]?)?)(?=["'`])"""
)
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?[ \t]{0,4}\n(?P<indent>[ \t]{1,40})([^\n]*(?:\n(?P=indent)[^\n]*)*+)")
_QUOTED = re.compile(
    r"""(?s)\"{3}(.*?)\"{3}|'{3}(.*?)'{3}|"((?:\\.|""(?=[^\s,:}\])]{1,3})|[^"\\])*+)"|'((?:'\\''|\\.|''|[^'\\])*+)'|'([^'\n]*)'|`([^`\n]*)`"""
    r"""|「([^」\n]{0,400})」|『([^』\n]{0,400})』|【([^】\n]{0,400})】|“([^”\n]{0,400})”|‘([^’\n]{0,400})’|《([^》\n]{0,400})》|〈([^〉\n]{0,400})〉"""
    r"""|\(([^()\n]{0,400})\)|\[([^\[\]\n"'{},]{1,400})\]|<([^<>\n/]{1,400})>|\{([^{}\n"':=]{1,400})\}(?=[;"'\s]|\Z)"""
)
_BARE = re.compile(
    r"""(?x)(?: [^\s\\"'`<>&,;(){}\[\]|、。」』】”’]
      | \\(?!\\*[nrtu"'])\S
      | &(?!\w{1,10};|\#|[\w.%\-\[\]]{1,40}=)(?=\S) | [;,](?![\w.%\- ]{1,40}["']?\s?(?:=|:[ ]|:["']))(?=[^\s"'\[{}\])<,;])
      | \((?![^()\n]{0,40}[^\x00-\x7f)]) (?=\S) | [{\[\])}|](?=[\w!-\#$%&*+./:=?@^~\[\](){}-]{0,4}[\w!\#$%*+/?@^~]) | ['`](?=\w) )+"""
)
_PHRASE = re.compile(r"""[^\s"'<>,;{}\[\]]+(?:[ ](?![\w.-]{1,40}[=:])[^\s"'<>,;{}\[\]]+){0,12}""")
_ASCII_RUN = re.compile(r"[!-~]{3,400}")
_ASCII_LINE = re.compile(r"[!-~][ -~]{2,100}(?=\n|\Z)")
_EMPTY = re.compile(
    r"""(?ix)(?: null|none|nil|nan|true|false|undefined|unset|empty|n/a|yes|no|on|off|ok|ng|なし|無し|有り|あり|有効|無効|期限切れ|失効|未設定|設定済み?|非公開|省略|変更済み?|
      [-_.*•\u25cf?＊・#…]+ | [xX]{3,40} | \[?[<(\[]?(?:redacted|masked|hidden|filtered|removed|omitted|protected|sensitive(?:[ ]value)?|known[ ]after[ ]apply|マスク済み?|伏字|非表示|データ保護)[>)\]]?\]? |
      \$\{[^{}]{1,80}\} | \$\([^()]{1,80}\) | \{\{.{1,80}\}\} | \$[A-Z][A-Z0-9_]+ | %[A-Z_]+% | %\w | <[^<>]{0,80}\s[^<>]{0,80}> | <[A-Za-z_ -]{1,40}> | [<\[{(]{1,2}(?:secret|password|token|your\S{0,30})[>\]})]{1,2} | :\w{1,40} | \$\d{1,2} | [{\[(}\])]+ |
      \{[\w.]{1,40}\} | <[^\x00-\x7f]{1,40}> | [/.]+ | [\w.-]{1,60}\+\d{1,4}d |
      process\.env\.\w+ | os\.environ\S* | os\.getenv\S* | arn:aws[a-z-]*:\S+ )\Z"""
)
_MESSAGE = re.compile(
    r"(?i)(?:is|are|was|has|have|must|should|can(?:'t|not)?|may|does(?:n't)?|too|not|required|invalid|incorrect|expected|please|this field|this value|value|string|the password|passwords?|field)"
    r"[ ][a-z' (]{3,}|.{0,60}(?:です|ます|ません|ました|ください|でした|こと|必須|必要|不正|無効|できない|しない)[。.!]?\Z"
)
STOP = frozenset(
    words(
        "incorrect invalid expired wrong missing required not must is was are has had cannot can should may too does did do the a an in on at of for to from by with and or but if when while because expected unexpected unauthorized denied rejected refused accepted changed updated rotated reset set unset valid ok failed failure error mismatch empty blank null none optional disabled enabled verified unverified revoked issued created deleted removed generated stored encrypted hashed hidden masked unknown unsupported malformed authentication verification validation policy rotation be been will would it its this that these those there no yes only via already never still unable could does please check enter contact string number boolean object array integer type jwt bearer bcrypt hash md5 sha sha1 sha256 sha512 aes rsa hmac null nil iam http https oauth oauth2 saml oidc basic digest successful successfully succeeded complete completed pending locked weak strong short long found unchanged identical different"
    )
)
_STATUS = re.compile(
    r"(?:未|別|再|同|不|変更|要)[^\x00-\x7f]{1,8}|[^\x00-\x7f]{1,8}?(?:済み?|なし|無し|中|参照|通知|郵送|連絡|設定|予定|不要|必要|待ち|変更|確認|発行|登録|依頼)(?=[(。、\s]|\Z)"
)
"""How it stands with it."""
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLAIN = re.compile(
    r"""(?ix)(?: v?\d{1,4}(?:[.\-/:]\d{1,4}){1,7}[a-z]{0,3}\S{0,2} | \d{4}-\d\d-\d\d\S* | \d{1,3}(?:,\d{3})+ | \d{1,6}(?:st|nd|rd|th|s|ms|m|h|d|kb|mb|gb|px|bits?|bytes?|chars?|x|%)
      | arn:\S+ | \w+://\S* | /[\w./-]+ | [\w.-]+\.(?:java|py|js|ts|go|rb|php|kt|cs|html|json|ya?ml|log|txt)\S* | [A-Za-z_.]+\([^()]*\) | \w+\(\d{1,5}(?:,\d{1,3})?\)? | [a-z_.-]+=(?:[^=]\S*)? | [\w.+-]+@[\w.-]+\.\w+ | [a-z]+-\d{1,3} | sha-?\d{1,3}\S{0,1} | [A-Z]{2,10}-\d{1,7} | \$?\{\S* )[.,;:!?)]*\Z"""
)
_NO_TOKEN = re.compile(r"(?:[a-z]+(?:[-_][a-z]+)*/)+[a-z]+(?:[-_.]?[a-z]+|\d{1,4})*\Z|\d(?:\.\d{1,3}){1,3}\Z")
"""`prod/app-config`, where the secret is; a version, or a status of mail (`dsn=2.0.0`)."""
_DIRECTORY = re.compile(
    r"(?:~?(?:/[\w.-]{1,40}){2,12}/?|/(?:app|home|opt|root|srv|tmp|usr|var|work(?:space)?)?/?|~)(?=[\s;,\"']|\Z)"
)
"""What a shell has in PWD; a password may also begin with a slash."""
_INNER = re.compile(r"""\{[ ]?["']?(?i:string_?value|value|s|plaintext)["']?[ ]?[:=][ ]?""")
_REFERENCE = re.compile(
    r"\$?\{[\w.]{1,40}\}(?!\w)|\$\((?=\w)|[A-Z][a-z]{1,12}-[A-Z][A-Za-z]{1,30}(?=[ ][-\"'\\])|[A-Za-z_]{1,40}(?:\??\.[A-Za-z_]{1,40}){1,6}\("
    r"|[a-z_]{1,40}(?:\??\.[A-Za-z_]{1,40}){2,6}(?=[\s;,)'\"\\」`&<]|\Z)"
)
"""What stands for a value: a variable, or an expression of a program."""
_KEY = re.compile(r"[a-z][\w.-]{1,40}:(?:\s|\Z)")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z][A-Z0-9]*)+\Z")
_PROSE = re.compile(
    r"(?:[A-Za-z]+'[a-z]{1,2}|[a-z]+|[A-Z][a-z]+|(?:[A-Z][a-z]+)+(?:Error|Exception))(?=[ ][a-z]+[ .,:])|[A-Za-z][\w.-]{1,40}=[^=\s]"
)
"""A word of a sentence, or another name."""
_IN_URL = re.compile(r"://[^\s\"']{1,200}/\Z")
_ABOUT_VALUES = re.compile(
    "文字|桁|以上|設定|変更|再発行|忘れ|英数|記号|入力|確認|ボタン|画面|ログイン|エラー|期限|有効"
)


def is_sign(value: str) -> bool:
    return len(value) < 4 and not any(map(str.isalnum, value))


def is_secret(value: str, telling: Telling, *, strict: bool = False) -> bool:
    """Whether a value beside a telling name is one; `strict`: only words or a space stand between them."""
    if is_sign(value) or _EMPTY.match(value) or COUNT.match(value) or _STATUS.match(value):
        return False
    if (" " in value or not value.isascii()) and _MESSAGE.match(value):
        return False
    if len(value) < (4 if telling.is_vague else telling.shortest) and (strict or value.isdigit()):
        return False
    if telling.kind == TOKEN and _NO_TOKEN.match(value):
        return False
    return not strict or looks_secret(value)


@lru_cache(maxsize=256)
def looks_secret(value: str) -> bool:
    """Whether a word is none of a language: digits among letters, signs, capitals within, or mere digits."""
    value = value.rstrip(".,:;)。、")
    if value[-1:] in ("!", "?") and value[:-1].isalpha() and value[:-1].islower() and value.isascii():
        return False
    if len(value) < 4 or re.search(r"\s", value) or value.lower() in STOP or HIDDEN in value:
        return False
    if _PLAIN.match(value) or _VARIABLE.match(value):
        return False
    if value.isdigit():
        return len(value) <= 10
    has_digit, has_letter = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    if has_digit and has_letter:
        return len(value) >= 5
    if (has_digit or has_letter) and not set("!#$%&*+=?@^~|").isdisjoint(value):
        return True
    turns = sum(a.islower() and b.isupper() for a, b in pairwise(value))
    return (turns >= 2 and len(value) >= 8) or (
        len(value) >= 20 and value.isalnum() and len(set(value)) >= 12
    )


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a pattern ends that may match nothing."""
    match = pattern.match(text, at)
    return match.end() if match else at


def beside(text: str, start: int, end: int, telling: Telling, *, is_japanese: bool) -> list[Place]:
    first = text[start - 1 : start] if not is_japanese else ""
    at = _end_of(_BEHIND, text, end)
    if first == "/" and text[at - 1] in "\"'" and _IN_URL.search(text, max(0, start - 220), start):
        return []
    place = None
    if (sign := _SIGN.match(text, at)) is not None:
        if text[start:end].lower() == "pwd" and _DIRECTORY.match(text, sign.end()) is not None:
            return []
        place = _behind_sign(text, start, sign, telling, first)
    elif (gap := (_GAP if first == "-" else _TUPLE).match(text, at if first == "-" else end)) is not None:
        word = _WORD.match(text, gap.end())
        is_prose = first not in ("-", "{", '"') or (word is not None and word[0].lower() in STOP)
        place = None if is_prose else value(text, gap.end(), telling)
    elif is_japanese:
        place = _in_japanese(text, end, telling)
    elif first != "/" and (link := _LINK.match(text, at)) is not None:
        place = _in_words(text, link, telling, is_symbol=first == ":")
    if place is None:
        return []
    to = _CHANGED_TO.match(text, place[1])
    new = value(text, to.end(), telling, strict=text[to.end()] not in "\"'`「『") if to is not None else None
    return [place] if new is None else [place, new]


def value(
    text: str, at: int, telling: Telling, *, strict: bool = False, bare: re.Pattern[str] | None = None
) -> Place | None:
    """The secret that begins at `at`: in quotes or brackets, or as far as a value without them reaches."""
    if (wrapper := _WRAPPER.match(text, at) or _INNER.match(text, at)) is not None:
        at = wrapper.end()
    if (match := _QUOTED.match(text, at)) is not None:
        if match[0][0] == "<" and _EMPTY.match(match[0]):
            return None
        strict = (
            strict
            or (match[0][0] == "{" and not text.startswith(";", match.end()))
            or (match[0][0] == "`" and telling.kind != PASSWORD)
        )
        return trimmed(text, *match.span(match.lastindex or 0), telling, strict=strict)
    if text[at : at + 1] in ('"', "'"):
        return trimmed(text, at + 1, _end_of(_UNCLOSED, text, at + 1), telling)
    if (scheme := _SCHEME.match(text, at)) is not None:
        at = scheme.end()
    if _REFERENCE.match(text, at) is not None or COUNT.match(text, at) is not None:
        return None
    match = (bare and bare.match(text, at)) or (_PHRASE if telling.is_phrase else _BARE).match(text, at)
    return match.span() if match is not None and is_secret(match[0], telling, strict=strict) else None


def trimmed(text: str, start: int, end: int, telling: Telling, *, strict: bool = False) -> Place | None:
    if (scheme := _SCHEME.match(text, start, end)) is not None:
        start = scheme.end()
    inner = text[start:end]
    start, end = end - len(inner.lstrip()), start + len(inner.rstrip())
    return (start, end) if is_secret(text[start:end], telling, strict=strict) else None


def _behind_sign(text: str, start: int, sign: re.Match[str], telling: Telling, first: str) -> Place | None:
    at, mark, closer = sign.end(), sign["sign"].strip(" "), text[sign.start() - 1]
    if (placeholder := _PLACEHOLDER.match(text, at)) is not None:
        pattern = _PARAMETER.format(re.escape(placeholder[0]))
        parameter = re.compile(pattern).search(text, at, at + 4000)
        return parameter.span(1) if parameter is not None else None
    if (block := _BLOCK.match(text, at)) is not None:
        return trimmed(text, *block.span(2), telling)
    if closer != first == text[at : at + 1] and (end := _END_OF_TEXT.match(text, at)) is not None:
        # `concat("password: ", x)`: the quote ends what the name stands in.
        return value(text, end.end(), telling) if end["next"] is not None else None
    is_json = closer == '"'
    strict = telling.is_vague and not (telling.kind == PASSWORD and (is_json or "=" in mark or "\t" in mark))
    if mark[:1] in ("\t", "|"):
        # Of a table, the next cell is no value.
        line = text[max(0, start - 80) : start].rpartition("\n")[2] + text[at : at + 400].partition("\n")[0]
        strict = strict or mark[0] in line
    if sign["fold"] is not None:
        strict = strict or sign["fold"] == "\n"
    elif ":" in mark and not is_json and text[at - 1] == " ":
        scheme = _SCHEME.match(text, at)
        at = scheme.end() if scheme is not None else at
        word = _WORD.match(text, at)
        if word is not None and (
            word[0].lower() in STOP or (telling.shortest > 1 and not looks_secret(word[0]))
        ):
            return None
        if (telling.kind != PASSWORD and _PROSE.match(text, at)) or _KEY.match(text, at):
            return None
    bare = _TO_QUOTE.get(first) if mark == "=" else None
    if first == "[" and closer == "]" and "=>" in mark:
        bare = _TO_BRACKET
    place = value(text, at, telling, strict=strict, bare=bare)
    if place is not None and ":" in mark and telling.kind == PASSWORD and _begins_line(text, start):
        rest = _FURTHER_WORDS.match(text, place[1])
        if rest is not None and any(map(looks_secret, text[place[0] : rest.end()].split())):
            return place[0], rest.end()
    return place


def _begins_line(text: str, start: int) -> bool:
    return not text[max(0, start - 40) : start].rpartition("\n")[2].strip()


def before(text: str, start: int, *, is_said: bool) -> Place | None:
    """The value that stands before its name; `is_said`: the text has a word of SAYING."""
    first = max(0, start - 140)
    if is_said and any(map(text[max(0, start - 40) : start].__contains__, SAYING)):
        match = _SAID_BEFORE.search(text, first, start)
        if match is not None and looks_secret(match[match.lastindex or 0]):
            return match.span(match.lastindex or 0)
    at = text.rfind("alue", first, start)
    match = _VALUE_BEFORE.fullmatch(text, at, start) if at >= 0 else None
    return match.span(1) if match is not None else None


def _in_words(text: str, link: re.Match[str], telling: Telling, *, is_symbol: bool) -> Place | None:
    at = link.end()
    if (inner := _QUOTED.match(text, at)) is not None and inner[0][0] in "\"'`“「『":
        quote = inner[inner.lastindex or 0]
        is_told = is_symbol or link["words"] or not quote.isascii() or any(map(looks_secret, quote.split()))
        if _VARIABLE.match(quote) or not (
            is_told or (inner[0][0] == "`" and telling.kind == PASSWORD and not telling.is_vague)
        ):
            return None
        return trimmed(text, *inner.span(inner.lastindex or 0), telling)
    if link["words"] and (word := _LAST_WORD.match(text, at)) is not None:
        is_verb = word[0].endswith(("ed", "ing", "ble", "ly", "ful", "less", "en", "own"))
        return None if is_verb or word[0].lower() in STOP else word.span()
    match = _BARE.match(text, at) if COUNT.match(text, at) is None else None
    if match is None or not is_secret(match[0], telling, strict=True):
        return None
    return None if link[0].isspace() and _UUID.match(match[0]) else match.span()


def _in_japanese(text: str, end: int, telling: Telling) -> Place | None:
    below = _BELOW.match(text, end) if _BELOW_WORDS.search(text, max(0, end - 24), end + 30) else None
    if (below := below or _DONE_TO.match(text, end)) is not None and looks_secret(below["value"]):
        return below.span("value")
    particle = _PARTICLE.match(text, end)
    at = particle.end() if particle else _end_of(_SPACES, text, end)
    if (inner := _QUOTED.match(text, at)) is not None:
        quote = inner[inner.lastindex or 0]
        if _ABOUT_VALUES.search(quote) or _PLAIN.match(quote):
            return None
        is_told = particle is not None or looks_secret(quote) or (quote.isascii() and len(quote) >= 4)
        return trimmed(text, *inner.span(inner.lastindex or 0), telling) if is_told else None
    is_own_line = particle is not None and "\n" in particle[0]
    run = (_ASCII_LINE if is_own_line else _ASCII_RUN).match(text, at)
    if run is None or COUNT.match(text, at) or not is_secret(run[0], telling):
        return None
    is_said = is_own_line or (particle is not None and particle[0].strip(" \n")[-1:] in ("は", "が", "も"))
    is_ended = is_said and _ENDING.match(text, run.end()) and not _PLAIN.match(run[0])
    if particle is not None and _SETTING.match(text, run.end()):
        is_ended = True
    if not (looks_secret(run[0]) or (is_ended and run[0].lower() not in STOP)):
        return None
    return run.start(), run.start() + len(run[0].rstrip(").,\"'"))
