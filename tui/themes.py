"""The console's colour themes: dark, light, and one that keeps to the terminal's own 16 colours."""

from textual.theme import Theme

DARK = Theme(
    name="toban-dark",
    primary="#7aa2d6",
    secondary="#8fb8a8",
    accent="#c3a6d8",
    foreground="#d8dce3",
    background="#14171c",
    surface="#191d23",
    panel="#222831",
    success="#86b97a",
    warning="#e0b25c",
    error="#e5706b",
    dark=True,
    variables={"footer-key-foreground": "#9fc0e8", "border": "#3a434f", "border-blurred": "#2c333d"},
)
LIGHT = Theme(
    name="toban-light",
    primary="#2f5f9a",
    secondary="#3b7466",
    accent="#7a4f9a",
    foreground="#1d2329",
    background="#f7f7f4",
    surface="#ffffff",
    panel="#e6e8ea",
    success="#2f7a34",
    warning="#94640a",
    error="#b3261e",
    dark=False,
    variables={"footer-key-foreground": "#1f4f8a", "border": "#b5bcc4", "border-blurred": "#d3d8dd"},
)
THEMES = (DARK, LIGHT)
NAMES = ("toban-dark", "toban-light", "ansi-dark", "ansi-light")
"""The themes in the order of the theme command; the last two use the terminal's own colours."""
ALIASES = {"dark": "toban-dark", "light": "toban-light", "16": "ansi-dark", "16-light": "ansi-light"}


def theme_name(setting: str, colours: int) -> str:
    """The theme for a configured name; terminals with 16 colours get their own colours by default."""
    if setting in ("", "auto"):
        return "toban-dark" if colours > 16 else "ansi-dark"
    return ALIASES.get(setting, setting)
