"""Which names tell that a secret stands beside them, in English and Japanese and in any spelling of
identifiers. A name is judged by its last noun and by what follows it: `dbPassword`, `DB_PASSWORD_PROD`,
`api-key` and `client secret` tell, `passwordPolicy`, `max_tokens` and `token-expires-at` do not."""

import re
from functools import lru_cache
from typing import NamedTuple

from services.logs.masking.kinds import HEADER, PASSWORD, TOKEN, words


class Telling(NamedTuple):
    kind: str
    shortest: int  # Characters of the shortest value that can be meant: `Unexpected token: }` is no token
    is_vague: bool = False  # The word has other meanings: the value itself must look like a secret
    is_phrase: bool = False  # The value may be several words


_PASSWORD, _TOKEN, _CODE = Telling(PASSWORD, 1), Telling(TOKEN, 6), Telling(TOKEN, 4)
_VAGUE, _PHRASE = Telling(TOKEN, 6, is_vague=True), Telling(PASSWORD, 1, is_phrase=True)

_NOUNS = {
    **dict.fromkeys(words("password passwords passwd passwds passwort pwd pwds passcode passcodes pw psk userpass masterpass motdepasse contrasena"), _PASSWORD),
    **dict.fromkeys(words("pin pins pincode cvv cvv2 cvc cvc2"), Telling(PASSWORD, 3)),
    **dict.fromkeys(["passphrase", "passphrases"], _PHRASE),
    **dict.fromkeys(words("secret secrets token tokens credential credentials creds cred jwt sessid phpsessid jsessionid dsn assertion dockerconfigjson dockercfg signature apikey apikeys csrf xsrf"), _TOKEN),
    **dict.fromkeys(["otp", "totp", "otps"], _CODE),
    "pass": Telling(PASSWORD, 1, is_vague=True),
    **dict.fromkeys(words("auth sig sid pat bearer sas"), _VAGUE),
    **dict.fromkeys(["authorization", "cookie", "cookies"], Telling(HEADER, 1)),
}  # fmt: skip
_PAIRS = {
    "key": (_TOKEN, words("api access private secret signing signature encryption decryption shared master license licence ssh auth account storage service client consumer webhook hmac aes rsa deploy session subscription security symmetric jwt cipher integration registration server push recovery shared pre project admin app wep wpa psk hash crypto host gpg pgp")),
    "code": (_CODE, words("verification auth authentication authorization security recovery backup access sms mfa 2fa confirmation login time onetime invite reset pin device scratch pairing totp otp activation unlock your")),
    "string": (_TOKEN, ["connection", "conn"]),
    "id": (_TOKEN, ["session"]),
    "url": (_TOKEN, ["webhook", "database", "redis"]),
    "hook": (_TOKEN, ["web"]),
    "response": (_TOKEN, ["saml"]),
    "phrase": (_PHRASE, ["pass", "seed", "mnemonic", "recovery"]),
    "word": (_PASSWORD, ["pass"]),
}  # fmt: skip
"""Nouns that tell only after one of these words."""
_PAIRS |= {f"{noun}s": pair for noun, pair in _PAIRS.items()}
PAIRED = frozenset(_PAIRS)  # What may be the second of two words that name together
_HARMLESS = frozenset(
    words(
        "policy policies count counts length len type types algo expires expire expiry expired expiration ttl age name names arn arns path paths file files filename version versions status state limit limits rotation rotated rotate resets attempts attempt min max required require requires enabled enable disabled field fields label manager provider endpoint endpoints usage used bucket buckets at in on date days time timestamp updated changed created remaining hint strength prompt size index format source scope scopes alg algorithm uri authentication auth validation validator error errors failure failures failed service reference ref store vault page pages budget rate per total sum window strategy history complexity kind title id ids url urls review email mail recovery minimum maximum check checks mode encoder audience issuer subject host hosts stdin attachment ok valid invalid missing mismatch grace window exception exceptions warning filter source loaded handler event events listener service controller middleware factory interceptor module task job rotator"
    )
)
"""What a name is about if one of these follows its noun."""
_PARTS = frozenset(words("value text current old new key plain id hash code string"))
"""`secret.value` is one; `random_password.db` is a thing that holds one."""
_COUNTED = frozenset(words("pull max min num count total prompt completion input output used remaining cached next start page continuation pagination request cancellation idempotency paging reasoning lexer parser cancel has is no use"))  # fmt: skip
"""Before `token`, `tokens` or `secrets` they make it something that is counted, named or pages through a list."""
_VERBS = frozenset(words("get put describe list delete rotate batch from"))
"""Operations of an API, functions: `GetSecretValue`, `fromSecretNameV2`."""
_RUN = re.compile(
    r"(?:.{0,40}(?:password|passwd|passphrase|passcode|secret|token|pwd)|(?:store|key|user|db|root|admin|my|ldap|smtp|mail|ftp|pg|bind|rds)pass|.{0,30}(?:api|access|secret|private|signing|encryption|auth|master|shared|account)key)s?\Z"
)
"""A name in one run of letters, as `dbpassword`."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]{0,60}(?:[_.\-$]{1,2}[A-Za-z0-9]{1,60}){0,8}")
LONGEST = 120  # Characters of a name
_TAILS = re.compile(r"(?P<noun>[a-z]{6,40}?)(?:hash|value|confirm(?:ation)?|old|new|text|again|\d{1,3})\Z")

JAPANESE = re.compile(
    r"""(?x) (?=[パﾊ暗セト秘合認確復リバログ招ワ二承検解引ﾄ共署鍵ラマストプデシク資接] | [PpOoAa][A-Za-z]{1,2}[ ]?[^\x00-\x7f])
      (?: (?P<password> パス(?:ワ[ーｰ-]ド|コ[ーｰ-]ド) | ﾊﾟｽ(?:ﾜｰﾄﾞ|ｺｰﾄﾞ) | 暗証(?:番号|コード) | (?i:PIN)[ ]?(?:コード|番号) | セキュリティー?[ ]?コード | (?<![A-Za-z])(?i:PW)(?=[はが「『]) )
      | (?P<phrase> パスフレ[ーｰ-]ズ | 合い?言葉 | 秘密の(?:質問の)?(?:答え|回答) )
      | (?P<vague> (?<![ァ-ヶー])パス(?=[はが:：=「『]) )
      | (?P<code> (?:認証|確認|復旧|復元|リカバリー?|バックアップ|ログイン|招待|ワンタイム|二要素|承認|検証|解除|引換)[ ]?(?:コード|番号|パス(?![ワコ])) | (?:認証|確認)用(?:コード|番号) | (?<![A-Za-z])(?i:OTP|PIN)(?=[はが「『]) )
      | (?P<token> トークン | ﾄｰｸﾝ | (?:秘密|共有|共通|署名|暗号|認証|復号|鍵)(?:化)?[ ]?(?:鍵|キー) | (?:(?i:API)|アクセス|ライセンス|シークレット|マスター|セッション|プライベート|ストレージ|デプロイ)[ ]?(?:アクセス)?(?:キー|鍵|(?i:ID))
          | シークレット | クレデンシャル | 資格情報 | 認証情報 | 接続文字列 ) )"""
)
_BY_GROUP = {"vague": _VAGUE, "password": _PASSWORD, "phrase": _PHRASE, "code": _CODE, "token": _TOKEN}

JAPANESE_HINTS = tuple(
    words(
        "パス ﾊﾟｽ 暗証 言葉 コード ｺｰﾄﾞ トークン ﾄｰｸﾝ 鍵 キー シークレット クレデンシャル 資格情報 認証 確認 答え 回答 接続文字列 PINは PINが PIN「 PWは PW「 PW『 PIN『"
    )
)
HINTS = (
    *words("pass pwd pw psk secret token cred key pin cvv cvc otp jwt sig sas sid sess dsn bearer auth code cookie saml assertion dockerc connection webhook pat contrase phrase motdepasse csrf xsrf"),
    *JAPANESE_HINTS,
)  # fmt: skip
"""A text without any of them, in lower case, has no telling name."""


@lru_cache(maxsize=4096)
def telling(name: str) -> Telling | None:
    """What an identifier (or words with spaces between them) tells of the value beside it; None: nothing."""
    first, _dot, last = name.rpartition(".")
    words = [word.lower() for word in _WORD.findall(name if last.lower() in _PARTS or not first else last)]
    for index in range(len(words) - 1, -1, -1):
        noun = _noun(words[: index + 1])
        if noun is not None:
            return None if _is_harmless(words, index) or (noun.is_vague and index + 1 < len(words)) else noun
    return None


def telling_japanese(match: re.Match[str]) -> Telling:
    return _BY_GROUP[match.lastgroup or "token"]


def named(text: str) -> Telling | None:
    """What a whole text that names something tells, in either language."""
    name = text.strip().lstrip("-/").strip()
    if len(name) > LONGEST:
        return None
    if (match := IDENTIFIER.match(name.replace(" ", "_"))) is not None:
        return telling(name) if match.end() == len(name) else None
    match = JAPANESE.search(name)
    return telling_japanese(match) if match is not None and match.end() == len(name) else None


def _noun(words: list[str]) -> Telling | None:
    word, before = words[-1], words[-2] if len(words) > 1 else ""
    if word in _NOUNS:
        noun = _NOUNS[word]
        # `pass` alone is a verdict, `DB_PASS` is a password.
        return _PASSWORD if word == "pass" and before else noun
    if word in _PAIRS:
        noun, firsts = _PAIRS[word]
        return noun if before in firsts else None
    if _RUN.match(word):
        return _TOKEN if word.endswith(("secret", "token", "key", "secrets", "tokens", "keys")) else _PASSWORD
    tail = _TAILS.match(word)
    return _noun([tail["noun"]]) if tail is not None else None


def _is_harmless(words: list[str], index: int) -> bool:
    after = words[index + 1 :]
    if words[0] in _VERBS and index:
        return True
    if any(word in _HARMLESS for word in after):
        # The key of an id is one: `secret_access_key_id`, `token_id`.
        return after != ["id"] or words[index] not in ("key", "token")
    return words[index] in ("token", "tokens", "secrets") and any(word in _COUNTED for word in words[:index])
