"""Which server is had in which way: what is given first, then containers, then the machine's own."""

from collections.abc import Callable, Mapping, Sequence

from infra.stack.compose import ComposeRunner
from infra.stack.errors import Lack, MissingServer
from infra.stack.install import can_install, install
from infra.stack.machine import Recipe
from infra.stack.state import SERVERS, How, Record, ServerName

VARIABLES: dict[ServerName, str] = {
    "database": "RUSHCART_DATABASE_URL",
    "redis": "RUSHCART_REDIS_URL",
    "kafka": "RUSHCART_KAFKA_BOOTSTRAP_SERVERS",
}


def choose(
    known: Mapping[str, Record],
    recipes: Mapping[str, Recipe],
    environ: Mapping[str, str],
    *,
    try_install: bool,
    echo: Callable[[str], None],
) -> dict[str, Record]:
    """Choose a record for each server, those known reused. Installs when asked to and able to.

    Errors: MissingServer names every server that cannot be had; StackError when apt-get fails.
    """
    given = _given(known, environ)
    open_ = [server for server in SERVERS if server not in given]
    running: dict[str, Record] = {
        server: known[server] for server in open_ if server in known and _is_wanted(known[server])
    }
    undecided = [server for server in open_ if server not in running]
    how: How = "compose" if undecided and ComposeRunner.available() else "machine"
    if how == "machine":
        require(undecided, recipes, try_install, echo)
    # A server that is down but wanted is started again, and that needs its programs as well.
    require([server for server in running if running[server].how == "machine"], recipes, try_install, echo)
    fresh: dict[str, Record] = {server: _renewed(known.get(server), how) for server in undecided}
    return {**given, **running, **fresh}


def _given(known: Mapping[str, Record], environ: Mapping[str, str]) -> dict[str, Record]:
    """Returns those with an address in the environment, unless that is our own, put there by ``rushcart stack
    env``."""
    given: dict[str, Record] = {}
    for server, variable in VARIABLES.items():
        url = environ.get(variable, "")
        record = known.get(server)
        ours = record is not None and record.how != "environment" and record.url == url
        if url and not ours:
            given[server] = Record(how="environment", url=url)
    return given


def _is_wanted(record: Record) -> bool:
    return record.wanted and record.how != "environment"


def _renewed(record: Record | None, how: How) -> Record:
    """Returns the old record with its port and password when it is of the same kind."""
    return record if record is not None and record.how == how else Record(how=how)


def require(
    servers: Sequence[str],
    recipes: Mapping[str, Recipe],
    try_install: bool,
    echo: Callable[[str], None],
) -> None:
    """Find the programs of these servers, or install them. Errors: MissingServer, StackError."""
    lacks = _lacks(servers, recipes)
    if lacks and try_install:
        if not can_install():
            echo("--install is for root on Debian or Ubuntu; nothing is installed here")
        else:
            install([lack.server for lack in lacks], echo)
            lacks = _lacks(servers, recipes)
    if lacks:
        raise MissingServer(lacks)


def _lacks(servers: Sequence[str], recipes: Mapping[str, Recipe]) -> list[Lack]:
    lacks: list[Lack] = []
    for server in servers:
        try:
            recipes[server].find()
        except MissingServer as error:
            lacks.extend(error.lacks)
    return list(dict.fromkeys(lacks))
