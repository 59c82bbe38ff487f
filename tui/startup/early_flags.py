"""What is needed before the flags are understood: the language, and the file that keeps our faults."""

from collections.abc import Sequence

from services import i18n
from services.host.regular_files import named
from services.models.text import clean
from tui.runtime import debug_log
from tui.startup.start import peek


def language(argv: Sequence[str]) -> str:
    """The language of help and errors, needed before the flags are understood."""
    return _flag(argv, "--lang") or peek("lang", _flag(argv, "--config")) or i18n.preferred()


def keep_faults(argv: Sequence[str]) -> str:
    """Choose the file that keeps our faults, until a flag chooses another; why it cannot be the one that is set."""
    name = peek("debug", _flag(argv, "--config"))
    try:
        debug_log.begin(named(name) if name else None)
    except OSError as error:
        return f"debug: {clean(name)}: {error.strerror}"
    return ""


def _flag(argv: Sequence[str], name: str) -> str:
    """The value of a flag before flags are understood; "" where it is not given."""
    for index, word in enumerate(argv):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name and index + 1 < len(argv):
            return argv[index + 1]
    return ""
