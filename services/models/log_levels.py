"""Names of log levels, as Python, Java, Node, nginx and PostgreSQL spell them."""

from services.models.logs import Severity

LEVEL_NAMES: dict[str, Severity] = {
    name: severity
    for severity, names in {
        Severity.FATAL: "EMERG EMERGENCY ALERT FATAL CRIT CRITICAL PANIC F",
        Severity.ERROR: "ERROR SEVERE ERR E",
        Severity.WARNING: "WARN WARNING W",
        Severity.INFO: "NOTICE INFO INFORMATION INFORMATIONAL LOG I",
        Severity.DEBUG: "DEBUG TRACE VERBOSE FINE FINER FINEST SILLY D",
    }.items()
    for name in names.split()
}
"""In upper case; LOG is PostgreSQL's ordinary message."""
LEVEL_WORDS = (
    "EMERG(?:ENCY)?", "ALERT", "FATAL", "CRIT(?:ICAL)?", "PANIC", "ERROR", "SEVERE", "ERR", "WARN(?:ING)?", "NOTICE",
    "INFO", "LOG", "DEBUG", "TRACE",
)  # fmt: skip
"""Regular expressions of the names that state a level wherever they stand as a word in capitals; the other names mean
something else in a sentence."""
LEVEL_FIELDS = ("level", "severity", "levelname", "loglevel", "log_level", "log.level", "lvl")
"""Fields of JSON events that name the level, the most usual first."""


def severity_named(name: str) -> Severity:
    """The severity of a level's name in any case, or of its number; PLAIN for anything else."""
    text = name.strip()
    if text.isdecimal() and text.isascii():
        return severity_numbered(int(text))
    return LEVEL_NAMES.get(text.upper(), Severity.PLAIN)


def severity_numbered(level: int) -> Severity:
    """The severity of a number as pino and bunyan count: 10 trace … 60 fatal."""
    if level < 10:
        return Severity.PLAIN
    return Severity(min(Severity.FATAL, max(Severity.DEBUG, level // 10 - 1)))
