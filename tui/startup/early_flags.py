"""Settings needed before flags are parsed and the first frame is drawn: language, colours, the debug log.
Mistakes in the configuration file are reported later, when all of it is read."""

import os
import tomllib
from collections.abc import Sequence

from platformdirs import user_config_path

from services import i18n
from services.host.regular_files import named, read
from services.models.text import clean
from tui.runtime import debug_log


def language(argv: Sequence[str]) -> str:
    return chosen_language(argv) or i18n.preferred()


def chosen_language(argv: Sequence[str]) -> str:
    """The language that a flag, the environment or the file chooses; "" if none does, or one that does not exist."""
    named = _flag(argv, "--lang") or peek("lang", _flag(argv, "--config"))
    return named if named in i18n.LANGUAGES else ""


def open_debug_log(argv: Sequence[str]) -> str:
    """Choose the debug log until a flag chooses another; returns why the configured one cannot be used."""
    name = peek("debug", _flag(argv, "--config"))
    try:
        debug_log.begin(named(name) if name else None)
    except OSError as error:
        return f"debug: {clean(name)}: {error.strerror}"
    return ""


def peek(key: str, config: str | None = None) -> str:
    """One text setting from the environment or the file (`config`, else the usual one); "" if neither sets it."""
    value = os.environ.get(f"TOBAN_{key.upper()}")
    if value:
        return value
    path = config or os.environ.get("TOBAN_CONFIG") or str(user_config_path("toban") / "config.toml")
    try:
        value = tomllib.loads(read(named(path)).decode("utf-8")).get(key, "")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""


def _flag(argv: Sequence[str], name: str) -> str:
    """The value of a flag in the raw command line; "" if it is not given."""
    for index, word in enumerate(argv):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name and index + 1 < len(argv):
            return argv[index + 1]
    return ""
