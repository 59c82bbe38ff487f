"""The words of the query languages, for highlighting, completing and checking queries.

Source: "CloudWatch Logs Insights language query syntax", "OpenSearch PPL language", "OpenSearch SQL language" (Amazon
CloudWatch Logs user guide).
"""

from services.models.insights_queries import QueryLanguage

UNMASK = "unmask"
"""A command, and a function of the same name, that is never sent: masked data stays masked."""

_WORDS = "anomaly dedup diff display fields filter filterindex join limit lookup parse pattern sort source stats unnest"
COMMANDS = frozenset(_WORDS.split())
"""Commands of LogsQL, in lower case."""

_LOGSQL_COMMANDS = "fields filter stats sort limit parse display dedup pattern diff anomaly filterIndex unnest join lookup SOURCE"
_LOGSQL_WORDS = (
    "and or not in like as by asc desc into with mode field from logGroups START END "
    "count count_distinct sum avg min max pct percentile stddev earliest latest sortsFirst sortsLast "
    "bin datefloor dateceil fromMillis toMillis now "
    "abs ceil floor greatest least log sqrt "
    "ispresent isblank isempty coalesce concat ltrim rtrim trim strlen toupper tolower substr replace strcontains "
    "isValidIp isValidIpv4 isValidIpv6 isIpInSubnet isIpv4InSubnet isIpv6InSubnet "
    "jsonParse jsonStringify url_parse if"
)
_PPL_COMMANDS = (
    "source where fields stats dedup eval sort head top rare parse grok patterns rename fillnull flatten expand "
    "eventstats trendline join lookup subquery describe fieldsummary"
)
_PPL_WORDS = (
    "and or not in like as by between is null true false asc desc "
    "count sum avg min max stddev_samp stddev_pop percentile distinct_count earliest latest "
    "span isnull isnotnull if ifnull case coalesce "
    "concat length lower upper substring replace trim regexp match cidrmatch "
    "abs ceil floor round sqrt pow now date timestamp year month day hour minute "
    "json_extract json_valid"
)
_SQL_COMMANDS = (
    "SELECT FROM WHERE GROUP ORDER BY HAVING LIMIT JOIN LEFT RIGHT INNER OUTER CROSS ON UNION WITH AS DISTINCT OFFSET "
    "DESCRIBE"
)
_SQL_WORDS = (
    "AND OR NOT IN LIKE BETWEEN IS NULL TRUE FALSE ASC DESC CASE WHEN THEN ELSE END EXISTS OVER PARTITION "
    "COUNT SUM AVG MIN MAX STDDEV VARIANCE PERCENTILE APPROX_COUNT_DISTINCT ROW_NUMBER RANK "
    "CONCAT SUBSTRING REPLACE TRIM UPPER LOWER LENGTH REGEXP_EXTRACT RLIKE "
    "ABS ROUND CEIL FLOOR CAST COALESCE NULLIF IF "
    "CURRENT_TIMESTAMP DATE_FORMAT DATE_TRUNC FROM_UNIXTIME TO_TIMESTAMP GET_JSON_OBJECT filterIndex logGroups"
)

_SPELLED = {
    QueryLanguage.LOGSQL: (
        tuple(_LOGSQL_COMMANDS.split()),
        tuple(_LOGSQL_WORDS.split()),
    ),
    QueryLanguage.PPL: (tuple(_PPL_COMMANDS.split()), tuple(_PPL_WORDS.split())),
    QueryLanguage.SQL: (tuple(_SQL_COMMANDS.split()), tuple(_SQL_WORDS.split())),
}

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


def commands_of(language: QueryLanguage) -> tuple[str, ...]:
    return _SPELLED[language][0]


def words_of(language: QueryLanguage) -> tuple[str, ...]:
    return _SPELLED[language][1]
