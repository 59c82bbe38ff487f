from collections.abc import Iterator

from services.aws.logs.query_text import commands, verb
from services.i18n import _
from services.logs.insights.texts import placeholders, unmasks
from services.models.insights_queries import LONGEST_TEXT, MOST_GROUPS, QueryLanguage
from services.models.query_words import COMMANDS, UNMASK
from services.models.runbook import Runbook
from services.models.runbook_queries import SavedQuerySpec
from services.runbook import name_checks
from services.toml import mistakes
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]  # (path, message) of each mistake


def queries(runbook: Runbook) -> Mistakes:
    groups = name_checks.with_names((group.id for group in runbook.log_groups), name_checks.LOG_GROUP)
    ids: set[str] = set()
    for index, query in enumerate(runbook.queries):
        path: Path = ("queries", index)
        if query.id in ids:
            message = _('"{name}" appears twice: rename or remove one', name=query.id)
            yield (*path, "id"), message
        ids.add(query.id)
        for place, group in enumerate(query.log_groups):
            if group not in groups and not name_checks.is_address(group):
                yield (*path, "log_groups", place), mistakes.unknown_name(group, groups)
        if len(query.log_groups) > MOST_GROUPS:
            message = _("Logs Insights reads at most {count} log groups in one query")
            yield (*path, "log_groups"), message.format(count=MOST_GROUPS)
        if len(query.query) > LONGEST_TEXT:
            message = _("a query has at most {count} characters", count=f"{LONGEST_TEXT:,}")
            yield (*path, "query"), message
        yield from _language(query, path)
        yield from _parameters(query, path)


def _language(query: SavedQuerySpec, path: Path) -> Mistakes:
    if query.query_language is QueryLanguage.SQL and query.log_groups:
        yield (*path, "log_groups"), _("SQL names its log groups in the query, after FROM: remove this key")
    if unmasks(query.query):
        yield (*path, "query"), _("unmask is never sent: masked data stays masked")
    if query.query_language is not QueryLanguage.LOGSQL:
        return
    names = {word.lower() for word in COMMANDS}
    for command in commands(query.query):
        word = verb(command)
        if word not in names and not word.startswith(UNMASK):
            # A query may begin with a filter's condition only in the console of AWS.
            yield (*path, "query"), mistakes.unknown_name(word, sorted(names))


def _parameters(query: SavedQuerySpec, path: Path) -> Mistakes:
    used = placeholders(query.query)
    names: list[str] = []
    if query.parameters and query.query_language is not QueryLanguage.LOGSQL:
        yield (*path, "parameters"), _("only LogsQL has parameters: remove them or write it in LogsQL")
        return
    for place, parameter in enumerate(query.parameters):
        where: Path = (*path, "parameters", place, "name")
        if parameter.name in names:
            yield where, _('"{name}" appears twice: rename or remove one', name=parameter.name)
        elif parameter.name not in used:
            message = _("the query has no {{{{{name}}}}}: use it or remove the parameter")
            yield where, message.format(name=parameter.name)
        names.append(parameter.name)
    for name in used:
        if name not in names and query.query_language is QueryLanguage.LOGSQL:
            message = _("{{{{{name}}}}} is no parameter of this query: add it to its parameters")
            yield (*path, "query"), message.format(name=name)


ALL = (queries,)  # Every check of this file
