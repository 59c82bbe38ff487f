from services.i18n import N_

FOOTER = (
    "way-back",
    "log.search",
    "log.pattern",
    "log.pause",
    "log.level",
    "pane-open",
    "log.open",
    "log-request",
    "query",
    "log.next-error",
    "log.time",
    "log-mark",
    "pane-close",
    "panes-merge",
    "pane-zoom",
    "log.patterns",
    "log.copy",
    "log.end",
    "log.next",
    "log.mark",
    "log.wrap",
    "log.raw",
)
"""Ids of the bindings that the footer shows, the most important first; those that do not fit give way."""

SECTIONS = (
    (
        N_("Find and filter"),
        (
            *("log.search", "log.next", "log.previous", "log.highlight", "log.pattern", "log.filters"),
            *("log.less-context", "log.more-context", "log.level", "log.patterns", "log-tables"),
        ),
    ),
    (
        N_("Go to"),
        (
            *(
                "log.time",
                "log.page-up",
                "log.page-down",
                "log.end",
                "log.next-error",
                "log.previous-error",
                "log.next-warning",
            ),
            *(
                "log.previous-warning",
                "log.previous-bar",
                "log.next-bar",
                "log-mark-next",
                "log-mark-previous",
            ),
        ),
    ),
    (N_("The line at the cursor"), ("log.open", "log-request", "log-mark", "log.copy", "log.mark")),
    (N_("How lines look"), ("log.stream", "log.wrap", "log.raw", "log.relative")),
    (
        N_("Panes"),
        (
            *("way-back", "log.back", "log.pause", "pane-open", "log.group", "pane-close", "pane-zoom"),
            *("pane-smaller", "pane-larger", "panes-merge", "pane-together", "panes-layouts"),
        ),
    ),
    (N_("Ask AWS, save"), ("query", "log.range", "pane-late-lines", "pane-live-tail", "log-export")),
)
"""Title and ids of the bindings, in the order of the help."""
