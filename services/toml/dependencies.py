"""Dependencies of cross-value checks: which other values a mistake depends on.

If such a value could not be read, the mistake must not be reported: `playbook = "x" does not exist` is false if the
playbook exists but its own `id` is invalid.
"""

from collections.abc import Iterable

from services.toml.positions import Path

EVERY = None
"""Matches any index of a list."""
Pattern = tuple[str | None, ...]
"""A path in which EVERY matches any index."""

_GROUPS: tuple[Pattern, ...] = (("log_groups", EVERY, "id"),)
_ROLES: tuple[Pattern, ...] = (("contacts", EVERY, "role"), ("approvers", EVERY, "role"))
_APPROVERS: tuple[Pattern, ...] = (("approvers", EVERY, "role"),)
_INSPECTED = (
    "ecs",
    "rds",
    "alb",
    "cdn",
    "waf",
    "dashboard",
    "alarms",
    "limits",
    "costs",
    "access_keys",
    "trail",
)
_SYSTEM: tuple[Pattern, ...] = (
    *((name,) for name in _INSPECTED),
    ("ecs", "usual_max"),
    ("rds", "instance"),
    ("dashboard", "name"),
    ("trail", "sign_in_regions"),
    ("access_keys", "users"),
    ("alb", "load_balancer"),
    ("alb", "target_group"),
    *((section, key) for section in ("error_logs", "slow_queries") for key in ("log_group", "query", "field")),
    *(("waf", key) for key in ("log_bucket", "web_acl", "athena_table", "athena_database", "workgroup")),
)  # fmt: skip
_STEPS: tuple[Pattern, ...] = (("playbooks", EVERY, "steps", EVERY), ("procedures", EVERY, "steps", EVERY))
_LEADS: tuple[Pattern, ...] = (*_STEPS, ("playbooks", EVERY, "causes", EVERY))
_IDS: tuple[Pattern, ...] = (("inspections", EVERY, "id"),)
RESTS: dict[Pattern, tuple[Pattern, ...]] = {
    ("alarms", EVERY, "playbook"): (("playbooks", EVERY, "id"),),
    ("alarms", EVERY, "log_group"): _GROUPS,
    ("playbooks", EVERY, "escalate_to"): _ROLES,
    ("playbooks", EVERY, "approval"): _APPROVERS,
    ("procedures", EVERY, "approval"): _APPROVERS,
    ("costs", "report_to"): _ROLES,
    ("error_logs", "log_group"): _GROUPS,
    ("slow_queries", "log_group"): _GROUPS,
    ("inspections", EVERY, "log_group"): _GROUPS,
    ("queries", EVERY, "log_groups", EVERY): _GROUPS,
    ("queries", EVERY, "log_groups"): (("queries", EVERY, "language"),),
    ("queries", EVERY, "parameters"): (("queries", EVERY, "language"),),
    ("queries", EVERY, "query"): (
        ("queries", EVERY, "language"),
        ("queries", EVERY, "parameters", EVERY, "name"),
    ),
    ("queries", EVERY, "parameters", EVERY, "name"): (
        ("queries", EVERY, "query"),
        ("queries", EVERY, "language"),
    ),
    ("duties", EVERY, "anchor"): (("access_keys", "users", EVERY), ("rds", "instance")),
    ("github", "user"): (("access_keys", "users", EVERY),),
    ("freezes", EVERY, "ends"): (("freezes", EVERY, "starts"),),
    ("duties", EVERY, "series"): (("duties", EVERY, "series"),),
    ("duties", EVERY, "closed_day"): (("duties", EVERY, "within"),),
    ("duties", EVERY, "judged_by"): (("duties", EVERY, "asks", EVERY),),
    ("duties", EVERY, "judged_by", EVERY): (("duties", EVERY, "inspections", EVERY),),
    ("duties", EVERY, "inspections", EVERY): (("inspections", EVERY, "id"), *_SYSTEM),
    ("rds", "window_utc"): (("system", "timezone"), ("rds", "window")),
    ("closures", "closes"): (("closures", "opens"),),
    ("closures", "opened", EVERY): (("closures", "extra"),),
    ("playbooks", EVERY, "findings", EVERY): _IDS,
    **{(*lead, "look"): _IDS for lead in _LEADS},
    **{(*step, "to"): ((*step, "kind"), *_ROLES) for step in _STEPS},
    **{(*step, "minutes"): ((*step, "kind"),) for step in _STEPS},
    **{
        (*step, "kind"): (
            *((*step, key) for key in ("look", "minutes", "to")),
            *(("playbooks", EVERY, key) for key in ("wait_minutes", "escalate_to")),
        )
        for step in _STEPS
    },
    ("roster", EVERY, "starts"): (("roster", EVERY, "starts"), ("roster", EVERY, "ends")),
    ("roster", EVERY, "ends"): (("roster", EVERY, "starts"),),
}
"""For each value that checks compare with others: the places of those others."""


def unfounded(path: Path, broken: Iterable[Path]) -> bool:
    """Whether a mistake at `path` may be due only to values that could not be read (`broken`)."""
    rests = [pattern for place, patterns in RESTS.items() if _is(path, place) for pattern in patterns]
    if "en" in path:
        # A translation is compared with the text that it translates.
        rests.append(tuple(EVERY if isinstance(part, int) else part for part in path if part != "en"))
    return any(_holds(place, pattern) for place in broken for pattern in rests)


def _is(path: Path, pattern: Pattern) -> bool:
    return len(path) == len(pattern) and _holds(path, pattern)


def _holds(place: Path, pattern: Pattern) -> bool:
    """Whether `place` matches the pattern or a table that contains it; an empty part of `place` matches anything."""
    return len(place) <= len(pattern) and all(
        part == "" or (isinstance(part, int) if expected is EVERY else part == expected)
        for part, expected in zip(place, pattern, strict=False)
    )
