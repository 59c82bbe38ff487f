import os
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from platformdirs import user_state_path

from services.host.private_files import make_folder, new_file


def state_folder(*names: str) -> Path:
    return user_state_path("toban").joinpath(*names)


def stamped_name(stem: str, suffix: str, time_format: str | None = None) -> str:
    """A file name with the local time, such as `screen-20250401-090500-123456.svg`."""
    now = datetime.now().astimezone()
    return f"{stem}-{now.strftime(time_format or '%Y%m%d-%H%M%S-%f')}{suffix}"


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, with mode 0600; a missing folder is created with 0700. Raises OSError."""
    make_folder(path.parent)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = new_file(unfinished)
    except FileExistsError:
        # A process that was killed may have had the same number: in a container every one has.
        unfinished = path.with_name(f"{unfinished.name}.{token_hex(4)}")
        descriptor = new_file(unfinished)
    try:
        with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def put_aside(path: Path) -> Path:
    """Rename a file that cannot be read, perhaps one of a newer version, so that nothing writes over it;
    returns its new path. Of several, the last one stays. Raises OSError."""
    aside = path.with_name(f"{path.stem}.unread{path.suffix}")
    os.replace(path, aside)
    return aside
