"""Files that a process may open: each connection of a client is one."""

from typing import Final

from infra.open_files import KEPT, allow_open_files, connections_within
from services.doctor.finding import Finding, doubtful, good
from settings import Settings

_AREA: Final = "files"


def check_open_files(settings: Settings) -> Finding:
    """Look at what this process may open, as the API does when it starts."""
    return judge_open_files(allow_open_files(settings.max_connections + KEPT), settings)


def judge_open_files(files: int, settings: Settings) -> Finding:
    """Returns what so many files are good for."""
    most = min(settings.max_connections, connections_within(files))
    told = f"a process may open {files:,}: an API keeps up to {most:,} connections of clients"
    if most < settings.max_connections:
        mend = "Allow more (ulimit -n, LimitNOFILE=), or lower RUSHCART_MAX_CONNECTIONS to what is enough."
        return doubtful(_AREA, told, mend)
    return good(_AREA, told)
