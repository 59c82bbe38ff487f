"""The screen's language: English in the source, translated with gettext.

Every floor may import this module; it holds the one piece of global state, set once at start.
"""

import gettext as _gettext
import os
from pathlib import Path

LANGUAGES = ("ja", "en")
_CATALOGUES = Path(__file__).parent / "locale"
_active: _gettext.NullTranslations = _gettext.NullTranslations()
_language = "en"


def use(language: str) -> None:
    """Speak `language` (`ja` or `en`) from now on."""
    global _active, _language  # noqa: PLW0603  the one piece of global state
    _language = language if language in LANGUAGES else "en"
    if _language == "en":
        _active = _gettext.NullTranslations()
    else:
        _active = _gettext.translation("toban", _CATALOGUES, [_language], fallback=True)


def language() -> str:
    """The language spoken now."""
    return _language


def preferred() -> str:
    """`en` where the locale names English, else `ja`: the operators read Japanese."""
    named = next((os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), "")
    return "en" if named.lower().startswith("en") else "ja"


def _(message: str) -> str:
    """`message` in the screen's language."""
    return _active.gettext(message)


def plural(one: str, many: str, count: int) -> str:
    """The form that fits `count`; the caller formats it."""
    return _active.ngettext(one, many, count)


def sentences(*parts: str) -> str:
    """One after the other; Japanese has no space between them. Empty ones are left out."""
    whole = ""
    for part in filter(None, parts):
        space = "" if not whole or whole.endswith(("。", "！", "？", "）")) else " "
        whole += space + part
    return whole


def N_(message: str) -> str:
    """Mark `message` for translation where it is declared; translate with `_` where it is drawn."""
    return message
