"""Source: docs.github.com, "Encrypting secrets for the REST API" (libsodium sealed boxes)."""

import base64
import binascii

from services.aws.client.secret import Secret
from services.models.github import SealingKey

KEY_BYTES = 32


def is_usable(key: SealingKey) -> bool:
    try:
        return len(base64.b64decode(key.key, validate=True)) == KEY_BYTES
    except (ValueError, binascii.Error):
        return False


def sealed(key: SealingKey, secret: Secret) -> str:
    from nacl.public import PublicKey, SealedBox

    box = SealedBox(PublicKey(base64.b64decode(key.key)))
    return base64.b64encode(box.encrypt(secret.reveal().encode())).decode()
