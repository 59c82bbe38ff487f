from services.i18n import _
from services.logs.insights.texts import names_groups, placeholders, unmasks
from services.models.insights_queries import LONGEST_TEXT, MOST_GROUPS, InsightsQuery, QueryLanguage


def mistake_in(query: InsightsQuery) -> str:
    """Why the query cannot be sent, in words; "" if it can."""
    text = query.text.strip()
    if not text:
        return _("The query is empty.")
    if len(query.text) > LONGEST_TEXT:
        return _("The query has more than {count} characters.", count=f"{LONGEST_TEXT:,}")
    if query.span.start >= query.span.end:
        return _("The range must end after its start.")
    if unmasks(text):
        return _("unmask is never sent: masked data stays masked.")
    if query.language is QueryLanguage.LOGSQL and (names := placeholders(text)):
        return _("{{{{{name}}}}} has no value.", name=names[0])
    return _groups(query)


def _groups(query: InsightsQuery) -> str:
    if len(query.groups) > MOST_GROUPS:
        return _("At most {count} log groups in one query.", count=MOST_GROUPS)
    own = names_groups(query.text, query.language)
    if own and query.groups:
        return _("The query names its log groups itself: choose none beside it.")
    if not own and not query.groups:
        return _("No log group is chosen.")
    return ""
