"""The folder of all local data."""

from pathlib import Path


def make_home(home: Path) -> None:
    """Make the folder, for nobody else on this machine to look into; one that is there stays as open as it is.

    Errors: OSError.
    """
    if not home.is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
