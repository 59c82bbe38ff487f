"""Source: docs.github.com, REST API, "Actions secrets", "Workflow runs"."""

from datetime import datetime

from services.models.base import Clean, Model


class SealingKey(Model):
    """The public key for which GitHub wants secrets to be sealed."""

    id: str
    key: str
    """32 bytes, Base64."""


class GithubSecret(Model):
    name: Clean
    updated_at: datetime | None
    """When its value was last written, to the second (UTC); None: GitHub has no such secret."""
    visibility: str = ""
    """Which repositories may use a secret of an organisation: `all`, `private`, `selected`; "" for any other."""
    repositories: tuple[int, ...] = ()
    """Ids of the repositories that may use it, with `selected`."""


class WorkflowRun(Model):
    number: int
    started_at: datetime
    """When it started, the last time if it was started again (UTC)."""
    updated_at: datetime
    """When its state last changed (UTC); the end of a completed run."""
    completed: bool
    conclusion: Clean = ""
    """`success`, `failure`, `cancelled`…; "" while it runs."""
    url: Clean = ""

    @property
    def succeeded(self) -> bool:
        return self.completed and self.conclusion == "success"
