"""Finds personal data that can be told from other text: mail addresses, telephone numbers, My Numbers, card
numbers. A number is masked where its form and its check digits say what it is, so that request ids, times,
addresses of hosts and account ids stay readable. Names and postal addresses cannot be told from other text
and stay: a runbook names further patterns."""

import re
from collections.abc import Iterator

from services.logs.masking.kinds import CARD, MAIL, MY_NUMBER, TELEPHONE, MaskSpan

_FOLDED = dict(
    zip("０１２３４５６７８９＠．：＋（）　－‐‑‒–—―−ーｰ", "0123456789@.:+() ----------", strict=True)
)
"""Full-width digits and signs, and all dashes, as ASCII of the same length."""

_MAIL = re.compile(
    r"[A-Za-z0-9._+'-](?:(?<![A-Za-z0-9._%+-].)|(?<=%.)(?!(?<=[0-9A-Fa-f])[0-9A-Fa-f]))[A-Za-z0-9._+'-]{0,63}+(?:@|%40|\\{1,4}u0040)(?P<domain>(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})(?![A-Za-z0-9-])"
)
_WIDE = re.compile(f"[{''.join(_FOLDED)}]")
_ESCAPE = re.compile(r"%(?!40|2[Bb])[0-9A-Fa-f]{2}")
"""A character of a URL inside a URL; `@` and `+` have their place in the patterns."""
_HOSTS = (".amazonaws.com", ".internal", ".local", ".localdomain", ".amazonaws.com.cn")
"""`user@host` of these domains is an account on a server."""

_BEFORE, _AFTER = "[A-Za-z0-9_.+/-]", r"(?![A-Za-z0-9_/]|[.:-][A-Za-z0-9])"
"""What makes a number part of something longer. It is looked for behind the first character, so that matching can
skip to that character."""
_TELEPHONE = re.compile(
    rf"""(?x) 0 (?<!{_BEFORE}0)
      (?: [1-9]\d{{0,3}} - \d{{1,4}} - \d{{3,4}}
        | [1-9]\d{{0,3}} \(\d{{1,4}}\) [ -]? \d{{3,4}}
        | [5789]0 [ ] \d{{4}} [ ] \d{{4}}
        | [5789]0 \d{{8}} ) {_AFTER}"""
)
_AREA_IN_BRACKETS = re.compile(rf"\(0(?<!{_BEFORE}\(0)[1-9]\d{{0,3}}\)[ -]?\d{{1,4}}[ -]?\d{{3,4}}{_AFTER}")
_INTERNATIONAL = re.compile(
    rf"(?:\+|%2[Bb]|00)81(?<!{_BEFORE}\+81)(?<!{_BEFORE}0081)[ -]?(?:\(0\)[ -]?)?[1-9]\d{{0,9}}(?:[ -]?\(?\d{{1,4}}\)?){{0,3}}{_AFTER}"
)
_TELEPHONE_WORDS = ("tel", "phone", "fax", "mobile", "電話", "携帯", "連絡先")
_NAMED_TELEPHONE = re.compile(
    rf"""(?ix) (?: \b(?:tel|telephone|phone|fax|mobile)(?:[_-]?(?:no|number))? | 電話(?:番号)? | 携帯(?:電話|番号)? | 連絡先 )
      [^0-9A-Za-z+]{{0,8}} (?P<value>0[1-9] (?:[ ()-]{{0,2}}\d){{8,9}}) {_AFTER}"""
)
_LONG_NUMBER = re.compile("[0-9]{4}[ -]?[0-9]{4,6}[ -]?[0-9]")  # What a My Number or a card number contains
_MY_NUMBER = re.compile(rf"\d(?<!{_BEFORE}\d)\d{{3}}(?P<gap>[ -]?)\d{{4}}(?P=gap)\d{{4}}{_AFTER}")
_MY_NUMBER_WORDS = ("個人番号", "マイナンバ", "number")
_NAMED_MY_NUMBER = re.compile(
    r"(?i)(?:個人番号|マイナンバ.|my[_-]?number|individual[_-]?number)[^0-9A-Za-z]{0,8}(?P<value>\d{4}[ -]?\d{4}[ -]?\d{4})(?!\d)"
)
_CARD = re.compile(
    rf"""(?x) [3-6](?<!{_BEFORE}\d)
      (?: \d{{3}} (?P<gap>[ -]?) \d{{4}} (?P=gap) \d{{4}} (?P=gap) \d{{4}} (?:(?P=gap)\d{{1,3}})?
        | \d{{3}} (?P<amex>[ -]?) \d{{6}} (?P=amex) \d{{4,5}}
        | \d{{12}} ) {_AFTER}"""
)
_BRANDS = re.compile(
    r"4\d{12}(?:\d{3})?(?:\d{3})?|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|3[68]\d{12}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|5\d{2}|4[4-9]\d|2\d{2})\d{12,15}"
)
_STAMP = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d")
"""A time as twelve digits."""
_DIGIT = re.compile(r"\d")
_LANDLINE, _MOBILE = 10, 11


def find(text: str) -> Iterator[MaskSpan]:
    folded = text if text.isascii() else _WIDE.sub(lambda match: _FOLDED[match[0]], text)
    yield from _in_folded(folded)
    if "%" in folded and (plain := _ESCAPE.sub("   ", folded)) != folded:
        yield from _in_folded(plain)


def _in_folded(folded: str) -> Iterator[MaskSpan]:
    if "@" in folded or "%40" in folded or "u0040" in folded:
        yield from _mails(folded)
    if _DIGIT.search(folded) is None:
        return
    yield from _telephones(folded)
    if _LONG_NUMBER.search(folded) is not None:
        yield from _cards(folded)
        yield from _my_numbers(folded)


def _mails(text: str) -> Iterator[MaskSpan]:
    for match in _MAIL.finditer(text):
        if not match["domain"].lower().endswith(_HOSTS):
            yield MaskSpan(*match.span(), MAIL)


def _telephones(folded: str) -> Iterator[MaskSpan]:
    for pattern in (_TELEPHONE, _AREA_IN_BRACKETS):
        for match in pattern.finditer(folded):
            if _is_domestic(match[0]):
                yield MaskSpan(*match.span(), TELEPHONE)
    for match in _INTERNATIONAL.finditer(folded):
        if _is_international(match[0]):
            yield MaskSpan(*match.span(), TELEPHONE)
    lower = folded.lower()
    if any(word in lower for word in _TELEPHONE_WORDS):
        for match in _NAMED_TELEPHONE.finditer(folded):
            if _is_domestic(match["value"]):
                yield MaskSpan(*match.span("value"), TELEPHONE)


def _is_domestic(number: str) -> bool:
    digits = _digits(number)
    return len(digits) == (_MOBILE if digits[:3] in ("050", "060", "070", "080", "090") else _LANDLINE)


def _is_international(number: str) -> bool:
    digits = _digits(number.upper().replace("%2B", "+").replace("(0)", "")).removeprefix("00")
    return digits.startswith("81") and len(digits) - 2 in (_LANDLINE - 1, _MOBILE - 1)


def _my_numbers(folded: str) -> Iterator[MaskSpan]:
    for match in _MY_NUMBER.finditer(folded):
        digits = _digits(match[0])
        if is_my_number(digits) and not _STAMP.fullmatch(digits) and not _in_arn(folded, match.start()):
            yield MaskSpan(*match.span(), MY_NUMBER)
    lower = folded.lower()
    if not any(word in lower for word in _MY_NUMBER_WORDS):
        return
    for match in _NAMED_MY_NUMBER.finditer(folded):
        yield MaskSpan(*match.span("value"), MY_NUMBER)


def _in_arn(text: str, at: int) -> bool:
    return text.rfind("arn:", max(0, at - 64), at) >= 0 and text[at - 1] == ":"


def _cards(folded: str) -> Iterator[MaskSpan]:
    for match in _CARD.finditer(folded):
        digits = _digits(match[0])
        if _BRANDS.fullmatch(digits) and is_luhn(digits):
            yield MaskSpan(*match.span(), CARD)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def is_my_number(digits: str) -> bool:
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11
    return len(digits) == 12 and int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def is_luhn(digits: str) -> bool:
    """Whether digits end in the check digit of a card (ISO/IEC 7812-1, Luhn's formula)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
