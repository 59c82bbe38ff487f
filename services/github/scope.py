"""Where the secrets of a runbook's `[github]` are in GitHub's API. Pure."""

from urllib.parse import quote

from services.models.base import Github


def scope_path(github: Github) -> str:
    """The path below which GitHub has the secrets: of an organisation, an environment, or a repository."""
    if github.organisation:
        return f"orgs/{quote(github.organisation, safe='')}/actions"
    owner, name = (quote(part, safe="") for part in github.repository.split("/", 1))
    if github.environment:
        return f"repos/{owner}/{name}/environments/{quote(github.environment, safe='')}"
    return f"repos/{owner}/{name}/actions"


def runs_path(github: Github) -> str:
    owner, name = (quote(part, safe="") for part in github.repository.split("/", 1))
    workflow = f"workflows/{quote(github.workflow, safe='')}/" if github.workflow else ""
    return f"repos/{owner}/{name}/actions/{workflow}runs"
