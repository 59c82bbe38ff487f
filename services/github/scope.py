from urllib.parse import quote

from services.models.base import Github


def scope_path(github: Github) -> str:
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
