"""The part of the runbook's grammar that says where GitHub Actions keeps a user's access key."""

from typing import Annotated

from pydantic import StringConstraints

from services.models.base import Model, RawId

SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")]
"""Name of a secret of GitHub Actions: capital letters, digits and underscores."""


class Github(Model):
    """The two secrets of GitHub Actions that hold an IAM user's access key, and the workflow that uses them."""

    user: RawId
    """The IAM user, one of `access_keys.users`."""
    repository: str
    """`owner/name`; the workflow's repository."""
    environment: str = ""
    """The repository's environment that has the secrets; empty: none."""
    organisation: str = ""
    """The organisation that has the secrets; empty: the repository or its environment has them."""
    key_id_secret: SecretName = "AWS_ACCESS_KEY_ID"
    """Name of the secret that holds the access key's id."""
    key_secret: SecretName = "AWS_SECRET_ACCESS_KEY"
    """Name of the secret that holds the secret access key."""
    workflow: str = ""
    """File name of the workflow that deploys with the key, e.g. `deploy.yml`; empty: any workflow counts."""
