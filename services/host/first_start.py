import os

from services.host.private_files import make_folder, new_file
from services.host.state_files import state_folder


def claim_first_start() -> bool:
    """Whether this is the user's first start; from then on it is not. False if that cannot be remembered."""
    path = state_folder("started")
    try:
        make_folder(path.parent)
        os.close(new_file(path))
    except OSError:
        return False
    return True
