SOURCE_COLOURS = (
    "$text-primary",
    "$text-success",
    "$text-accent",
    "$text-warning",
    "$text-secondary",
    "$text-error",
)
"""Colours of the letters of sources, where a pane shows several."""
STYLES = (
    *("text", "time", "plain", "debug", "info", "warning", "error", "fatal"),
    *("term-1", "term-2", "term-3", "term-4"),
    *("letter-debug", "letter-info", "letter-warning", "letter-error", "letter-fatal"),
    *(
        "key",
        "value",
        "stream",
        "late",
        "match",
        "more",
        "rule",
        "gap",
        "mark",
        "time-mark",
        "cursor",
        "range",
        "gutter",
        "header",
    ),
    *(f"source-{number}" for number in range(len(SOURCE_COLOURS))),
)
"""Component classes of the lines, each as `log--<name>`."""

TERM_STYLES = ("term-1", "term-2", "term-3", "term-4")
"""Parts that match the terms that stay highlighted, in the order in which they are given out."""

UNCOLOURED = frozenset(["log--text", "log--plain", "log--info"])  # Parts in the colour of the widget itself

OWN_BACKGROUND = frozenset(["match", "letter-fatal", "header", *TERM_STYLES])
"""Parts with a background of their own, on an accented row as well."""

LINES_CSS = """
LogLines {
    width: 1fr; height: 1fr; background: $surface; color: $foreground;
    & .log--time { color: $text-muted; }
    & .log--debug { color: $text-muted; }
    & .log--warning { color: $text-warning; }
    & .log--error { color: $text-error; }
    & .log--fatal { color: $text-error; text-style: bold; }
    & .log--letter-debug { color: $text-muted; }
    & .log--letter-info { color: $text-success; }
    & .log--letter-warning { color: $text-warning; text-style: bold; }
    & .log--letter-error { color: $text-error; text-style: bold; }
    & .log--letter-fatal { color: $background; background: $error; text-style: bold; }
    & .log--key { color: $text-disabled; }
    & .log--value { color: $text-muted; }
    & .log--stream { color: $text-secondary; }
    & .log--late { color: $text-accent; text-style: italic; }
    & .log--match { color: $background; background: $warning; }
    & .log--term-1 { color: $background; background: $accent; }
    & .log--term-2 { color: $background; background: $success; }
    & .log--term-3 { color: $background; background: $secondary; }
    & .log--term-4 { color: $background; background: $primary; }
    & .log--more { color: $text-accent; }
    & .log--rule { color: $text-muted; }
    & .log--gap { color: $text-warning; }
    & .log--mark { color: $text-accent; text-style: bold; }
    & .log--header { color: $text-muted; background: $panel; }
    & .log--time-mark { color: $accent; }
    & .log--gutter { color: $accent; }
    SOURCES
    & .log--cursor { background: $primary-muted; }
    & .log--range { background: $secondary-muted; }
    &:ansi .log--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    &:ansi .log--range { background: ansi_cyan; color: ansi_black; }
    &:nocolor .log--term-1, &:nocolor .log--term-2 { text-style: underline; }
    &:nocolor .log--term-3, &:nocolor .log--term-4 { text-style: underline; }
    &:nocolor .log--warning { color: $foreground; }
    &:nocolor .log--error { color: $foreground; text-style: bold; }
    &:nocolor .log--letter-error { color: $foreground; text-style: bold reverse; }
}
""".replace(
    "SOURCES",
    " ".join(
        f"& .log--source-{number} {{ color: {colour}; text-style: bold; }}"
        for number, colour in enumerate(SOURCE_COLOURS)
    ),
)
