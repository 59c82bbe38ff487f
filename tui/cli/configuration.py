"""What `toban config` prints: the configuration in force, and where each value is from."""

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from services.i18n import _
from services.models.text import clean
from tui.options import StartOptions
from tui.startup.config import effective, settings


def configuration(options: StartOptions) -> Iterator[str]:
    """The configuration file, each value in force and where it is from; raises ConfigError."""
    found = effective(options)
    exists = "" if found.path.exists() else "  " + _("(does not exist)")
    yield clean(found.path) + exists
    yield ""
    width = max(len(each.key) for each in settings())
    for each in settings():
        value: object = found.config
        for part in each.key.split("."):
            value = getattr(value, part)
        origins = {
            key: origin
            for key, origin in found.origins.items()
            if key == each.key or key.startswith(f"{each.key}.")
        }
        origin = ", ".join(dict.fromkeys(origins.values())) or _("default")
        yield f"{each.key.ljust(width)}  {_shown(value)}  [{clean(origin)}]"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return clean(", ".join(f"{key}={each}" for key, each in value.items())) or "-"
    if isinstance(value, tuple):
        return clean(", ".join(value)) or "-"
    if isinstance(value, bool):
        return str(value).lower()
    return clean(_without_password(str(value))) if value not in (None, "") else "-"


def _without_password(text: str) -> str:
    """An endpoint may hold `user:password@`; neither is anybody's business."""
    if "://" not in text or "@" not in text:
        return text
    parts = urlsplit(text)
    return urlunsplit(parts._replace(netloc=f"***@{parts.netloc.rpartition('@')[2]}"))
