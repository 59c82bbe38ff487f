"""The language of the screen: source strings are English and are translated with gettext. Any layer may
import this module. It holds the only global state, which is set once at start."""

import gettext as _gettext
import os
from collections.abc import Sequence
from pathlib import Path

LANGUAGES = ("ja", "en")  # Languages that the console speaks
_CATALOGUES = Path(__file__).parent / "locale"
_active: _gettext.NullTranslations = _gettext.NullTranslations()
_language = "en"


def use(language: str) -> None:
    """Switch to `language` (`ja` or `en`; anything else means `en`)."""
    global _active, _language  # noqa: PLW0603  the one piece of global state
    _language = language if language in LANGUAGES else "en"
    if _language == "en":
        _active = _gettext.NullTranslations()
    else:
        _active = _gettext.translation("toban", _CATALOGUES, [_language], fallback=True)


def language() -> str:
    """The active language: `ja` or `en`."""
    return _language


def of_locale() -> str:
    """The language that the locale names, one of `LANGUAGES`; "" if it names none of them, like C.UTF-8."""
    named = next((os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), "")
    return next((each for each in LANGUAGES if named.lower().startswith(each)), "")


def preferred() -> str:
    """The locale's language, otherwise `ja`, because the operators read Japanese."""
    return of_locale() or "ja"


def _(message: str, /, **values: object) -> str:
    """`message` in the screen's language; `{name}` in it stands for the value of that name."""
    text = _active.gettext(message)
    return text.format(**values) if values else text


def plural(one: str, many: str, count: int, /, **values: object) -> str:
    """One of two messages as `count` asks for; `values` as for `_`."""
    text = _active.ngettext(one, many, count)
    return text.format(**values) if values else text


def sentences(*parts: str) -> str:
    whole = ""
    for part in filter(None, parts):
        space = "" if not whole or whole.endswith(("。", "！", "？", "）")) else " "
        whole += space + part
    return whole


def first_few(texts: Sequence[str], most: int) -> list[str]:
    more = len(texts) - most
    return [*texts[:most], *([_("{count} more", count=more)] if more > 0 else [])]


def N_(message: str) -> str:
    """Mark `message` for extraction where it is declared; the code that displays it translates it with `_`."""
    return message
