from pathlib import Path

from services.host.state_files import stamped_name, state_folder, write_private


def save(svg: str, filename: str | None, folder: str | None, time_format: str | None) -> str:
    """Write `svg` to `filename` in `folder`, by default a dated name among the console's own; its path. Raises OSError."""
    target = Path(folder) if folder else state_folder("screenshots")
    target /= filename or stamped_name("screen", ".svg", time_format)
    write_private(target, svg)
    return str(target)
