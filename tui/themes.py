"""The console's colour themes: dark and light, each for truecolor and for 256 colours, and the terminal's own
16 colours. Every colour is chosen for the surfaces it stands on (`docs/screens.md`), none is computed: SSH
does not forward COLORTERM, so 256 colours are what most terminals get, and a computed colour falls on the
wrong one of them."""

from dataclasses import dataclass, replace

from textual.design import ColorSystem
from textual.theme import BUILTIN_THEMES, Theme


@dataclass(frozen=True, slots=True)
class Palette:
    background: str
    surface: str  # Below logs and dialogs
    panel: str  # Header, footer and title rows
    boost: str  # Fields, and the cursor's row without the focus
    selection: str  # The cursor's row, and the field with the focus
    border: str
    rule: str
    foreground: str
    muted: str
    faint: str
    primary: str
    secondary: str
    accent: str
    success: str
    warning: str
    error: str
    error_band: str  # Below a sentence about what is wrong; the other bands likewise
    warning_band: str
    success_band: str
    accent_band: str
    secondary_band: str

    @property
    def variables(self) -> dict[str, str]:
        roles = ("primary", "secondary", "accent", "success", "warning", "error")
        return {
            **{f"text-{role}": getattr(self, role) for role in roles},
            "text": self.foreground,
            "text-muted": self.muted,
            "text-disabled": self.faint,
            "foreground-muted": self.muted,
            "foreground-disabled": self.faint,
            "boost": self.boost,
            "primary-muted": self.selection,
            "error-muted": self.error_band,
            "warning-muted": self.warning_band,
            "success-muted": self.success_band,
            "accent-muted": self.accent_band,
            "secondary-muted": self.secondary_band,
            "border": self.border,
            "border-blurred": self.rule,
            "block-cursor-background": self.selection,
            "block-cursor-foreground": self.foreground,
            "block-cursor-blurred-background": self.boost,
            "block-cursor-blurred-foreground": self.foreground,
            "block-hover-background": self.boost,
            "input-selection-background": self.selection,
            "screen-selection-background": self.selection,
            "scrollbar": self.border,
            "scrollbar-hover": self.muted,
            "scrollbar-active": self.primary,
            "scrollbar-background": self.panel,
            "scrollbar-background-hover": self.panel,
            "scrollbar-background-active": self.panel,
            "scrollbar-corner-color": self.panel,
            "footer-key-foreground": self.primary,
        }


class _ExactColors(ColorSystem):
    def generate(self) -> dict[str, str]:
        return {**super().generate(), **self.variables}


class PaletteTheme(Theme):
    """A theme whose colours are exactly those of a palette."""

    def __init__(self, name: str, palette: Palette, *, dark: bool) -> None:
        super().__init__(
            name=name,
            primary=palette.primary,
            secondary=palette.secondary,
            accent=palette.accent,
            foreground=palette.foreground,
            background=palette.background,
            surface=palette.surface,
            panel=palette.panel,
            success=palette.success,
            warning=palette.warning,
            error=palette.error,
            dark=dark,
            variables=palette.variables,
        )
        self.palette = palette

    def to_color_system(self) -> ColorSystem:
        return _ExactColors(
            primary=self.primary,
            secondary=self.secondary,
            warning=self.warning,
            error=self.error,
            success=self.success,
            accent=self.accent,
            foreground=self.foreground,
            background=self.background,
            surface=self.surface,
            panel=self.panel,
            dark=self.dark,
            variables=self.variables,
        )


DARK = PaletteTheme(
    "toban-dark",
    Palette(
        background="#14171c", surface="#191d23", panel="#20252d", boost="#262c35", selection="#2b3a52",
        border="#3a434f", rule="#2c333d", foreground="#d8dce3", muted="#a0a8b4", faint="#8d95a0",
        primary="#8ab4e8", secondary="#8fc0ae", accent="#c9aee0",
        success="#8fc482", warning="#e6b95f", error="#f58a84",
        error_band="#4a2427", warning_band="#40341c", success_band="#24382a", accent_band="#3a3046",
        secondary_band="#25382f",
    ),
    dark=True,
)  # fmt: skip
LIGHT = PaletteTheme(
    "toban-light",
    Palette(
        background="#f7f7f4", surface="#ffffff", panel="#ebedf0", boost="#e6eaee", selection="#d3e2f5",
        border="#b5bcc4", rule="#d3d8dd", foreground="#1d2329", muted="#4d565f", faint="#5f6872",
        primary="#245092", secondary="#256350", accent="#6d3f91",
        success="#22642a", warning="#7a4f00", error="#a81c15",
        error_band="#f9dcd9", warning_band="#f7ebd0", success_band="#deeedd", accent_band="#ece0f4",
        secondary_band="#dcebe5",
    ),
    dark=False,
)  # fmt: skip
DARK_256 = PaletteTheme(
    "toban-dark-256",
    Palette(
        background="#121212", surface="#1c1c1c", panel="#262626", boost="#303030", selection="#3a3a3a",
        border="#4e4e4e", rule="#3a3a3a", foreground="#dadada", muted="#b2b2b2", faint="#9e9e9e",
        primary="#87afff", secondary="#87d7af", accent="#d7afff",
        success="#87d787", warning="#ffd75f", error="#ff8787",
        error_band="#5f0000", warning_band="#3a3a3a", success_band="#303030", accent_band="#3a3a3a",
        secondary_band="#303030",
    ),
    dark=True,
)  # fmt: skip
LIGHT_256 = PaletteTheme(
    "toban-light-256",
    Palette(
        background="#eeeeee", surface="#ffffff", panel="#e4e4e4", boost="#dadada", selection="#d7d7ff",
        border="#bcbcbc", rule="#d0d0d0", foreground="#1c1c1c", muted="#4e4e4e", faint="#585858",
        primary="#005faf", secondary="#005f5f", accent="#5f00af",
        success="#005f00", warning="#5f5f00", error="#af0000",
        error_band="#ffd7d7", warning_band="#ffffd7", success_band="#d7ffd7", accent_band="#d7d7ff",
        secondary_band="#d7ffd7",
    ),
    dark=False,
)  # fmt: skip
_ANSI_DARK = BUILTIN_THEMES["ansi-dark"]
ANSI_DARK = replace(_ANSI_DARK, variables={**_ANSI_DARK.variables, "text-primary": "ansi_bright_blue"})
"""Replaces Textual's theme of the same name, whose dark blue words are hardly visible on black."""
PALETTE_THEMES = (DARK, LIGHT, DARK_256, LIGHT_256)
THEMES = (*PALETTE_THEMES, ANSI_DARK)
_BY_COLOURS = {
    "dark": {1 << 24: DARK.name, 256: DARK_256.name, 16: "ansi-dark"},
    "light": {1 << 24: LIGHT.name, 256: LIGHT_256.name, 16: "ansi-light"},
    "16": {16: "ansi-dark"},
    "16-light": {16: "ansi-light"},
}
"""Theme by setting and number of colours of the terminal."""
SETTINGS = tuple(_BY_COLOURS)
"""What the configuration and the theme command choose from, in the command's order."""


def theme_name(setting: str, colours: int) -> str:
    """The theme for a setting on a terminal with 16, 256 or 2^24 colours; an empty or `auto` setting is dark.
    A setting that is not one of `SETTINGS` is the name of a theme."""
    by_colours = _BY_COLOURS.get("dark" if setting in ("", "auto") else setting)
    if by_colours is None:
        return setting
    return next(
        name for number, name in sorted(by_colours.items(), reverse=True) if number <= max(16, colours)
    )


def next_setting(theme: str) -> str:
    shown = next((name for name in reversed(SETTINGS) if theme in _BY_COLOURS[name].values()), SETTINGS[-1])
    return SETTINGS[(SETTINGS.index(shown) + 1) % len(SETTINGS)]
