"""Secrets of new access keys, in memory only: from CreateAccessKey's answer until they are handed over.

AWS shows a secret once. If the console ends before the hand-over, the secret is lost and the key has to be deleted.
"""

from services.aws.client.secret import Secret


class KeyVault:
    """The secrets that this console holds, by access key id."""

    def __init__(self) -> None:
        self._secrets: dict[str, Secret] = {}

    def __repr__(self) -> str:
        return f"KeyVault({sorted(self._secrets)})"

    def keep(self, key: str, secret: Secret) -> None:
        self._secrets[key] = secret

    def secret_of(self, key: str) -> Secret | None:
        """The secret of a key; None if this console does not hold it."""
        return self._secrets.get(key)

    def forget(self, key: str) -> None:
        """Drop the secret of a key: it was handed over, or the key is deleted."""
        self._secrets.pop(key, None)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._secrets)
