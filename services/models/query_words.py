"""The words of Logs Insights QL, for highlighting, completing and checking queries. Source: "CloudWatch Logs
Insights language query syntax" (Amazon CloudWatch Logs user guide)."""

UNMASK = "unmask"  # A command, and a function of the same name, that is never sent: masked data stays masked
_COMMANDS = "fields filter stats sort limit parse display dedup pattern diff anomaly filterIndex unnest join lookup SOURCE"
COMMANDS = tuple(_COMMANDS.split())  # The commands as they are usually spelled, the most usual first
_WORDS = (
    "and or not in like as by asc desc into with mode field from logGroups START END "
    "count count_distinct sum avg min max pct percentile stddev earliest latest sortsFirst sortsLast "
    "bin datefloor dateceil fromMillis toMillis now "
    "abs ceil floor greatest least log sqrt "
    "ispresent isblank isempty coalesce concat ltrim rtrim trim strlen toupper tolower substr replace strcontains "
    "isValidIp isValidIpv4 isValidIpv6 isIpInSubnet isIpv4InSubnet isIpv6InSubnet "
    "jsonParse jsonStringify url_parse if"
)
WORDS = tuple(_WORDS.split())  # Operators and functions
FIELDS = (
    "@timestamp",
    "@message",
    "@logStream",
    "@log",
    "@ingestionTime",
    "@ptr",
    "@entity",
    "@requestId",
    "@duration",
)
"""Fields that events have by themselves."""
