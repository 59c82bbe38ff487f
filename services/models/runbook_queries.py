from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.models.base import Clean, CleanBlock, RawId
from services.models.insights_queries import QueryLanguage, QueryParameter, SavedQuery
from services.models.runbook_texts import ParameterTexts, QueryTexts
from services.models.runbook_types import Slug
from services.models.translated import Translated

MOST_PARAMETERS = 20  # Parameters of one query, as in AWS's query definitions

_LANGUAGES = {"logsql": QueryLanguage.LOGSQL, "ppl": QueryLanguage.PPL, "sql": QueryLanguage.SQL}


class SavedQueryParameter(Translated):
    """A placeholder `{{name}}` of a saved query, asked for before it is run."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
    title: Clean = ""
    """Label of the input field; empty: the name."""
    default: Annotated[Clean, Field(max_length=1024)] = ""
    """Value if nothing is typed; empty: a value must be typed."""
    en: ParameterTexts = ParameterTexts.model_construct()
    """English versions of its texts."""


class SavedQuerySpec(Translated):
    """A query of Logs Insights that the console offers to run, in the logs mode and as `toban logs query NAME`."""

    id: Slug
    title: Clean
    query: Annotated[CleanBlock, Field(min_length=1)]
    """The query, with `{{name}}` for each parameter."""
    language: Literal["logsql", "ppl", "sql"] = "logsql"
    """Its language: Logs Insights QL, OpenSearch PPL or OpenSearch SQL."""
    log_groups: tuple[RawId, ...] = ()
    """Log groups that it reads; empty: those of the pane that it is run from. SQL names them in the query."""
    hours: Annotated[float, Field(gt=0)] | None = None
    """Length of its usual time range up to now; None: that of the pane."""
    parameters: Annotated[tuple[SavedQueryParameter, ...], Field(max_length=MOST_PARAMETERS)] = ()
    """Its placeholders, in the order in which they are asked for; LogsQL only."""
    source: Clean = ""
    """Section of the written runbook; empty: not given."""
    en: QueryTexts = QueryTexts.model_construct()
    """English versions of its texts."""

    @property
    def query_language(self) -> QueryLanguage:
        return _LANGUAGES[self.language]

    @property
    def saved(self) -> SavedQuery:
        return SavedQuery(
            id=RawId(self.id),
            title=self.title,
            text=self.query,
            language=self.query_language,
            groups=self.log_groups,
            parameters=tuple(
                QueryParameter(name=each.name, default=each.default, description=each.title)
                for each in self.parameters
            ),
            origin="runbook",
            note=self.source,
            span=None if self.hours is None else timedelta(hours=self.hours),
        )
