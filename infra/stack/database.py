"""MariaDB or MySQL on this machine, set up as a production server would be but for its size."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from infra.ports import LOOPBACK
from infra.processes import tail
from infra.stack.errors import Lack, MissingServer, StackError
from infra.stack.machine import Recipe, find_program
from infra.stack.runner import Job
from infra.stack.state import Record

NAME = "rushcart"
OPERATOR = "rushcart_operator"
"""The user that makes the server read-only: with the password of the shop's, and no right to its data."""
PRIMARY, REPLICA = "primary", "replica"
"""What a record's note ``role`` says of one of two; one that is alone has none."""
_REMEDY = (
    "Install MariaDB 10.11+ or MySQL 8+ (Debian, Ubuntu: apt-get install mariadb-server; macOS: brew install "
    "mariadb), or set RUSHCART_DATABASE_URL"
)
# Run at every start, before the first connection: user and password are as the state file has them, whatever
# the data are. Databases named rushcart... are the user's own: tests make some. Another user may make the server
# read-only, and is not read-only himself: the shop's must not be. Root, who is made without a password, gets one
# that nobody knows.
_SETUP = """\
CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '{name}'@'%' IDENTIFIED BY '{password}';
ALTER USER '{name}'@'%' IDENTIFIED BY '{password}';
GRANT ALL PRIVILEGES ON `{name}%`.* TO '{name}'@'%';
GRANT PROCESS ON *.* TO '{name}'@'%';
CREATE USER IF NOT EXISTS '{operator}'@'%' IDENTIFIED BY '{password}';
ALTER USER '{operator}'@'%' IDENTIFIED BY '{password}';
GRANT {right} ON *.* TO '{operator}'@'%';
ALTER USER 'root'@'localhost' IDENTIFIED BY '{root}';
DROP USER IF EXISTS 'root'@'127.0.0.1', 'root'@'::1';
"""
_SETTINGS = (
    "--pid-file=server.pid",
    "--socket=server.sock",  # relative to the data: a longer path might not fit an address
    f"--bind-address={LOOPBACK}",
    "--skip-name-resolve",
    "--character-set-server=utf8mb4",
    "--default-time-zone=+00:00",
    "--max-connections=300",
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-buffer-pool-size=128M",
    "--key-buffer-size=1M",
    "--max-allowed-packet=64M",
    "--performance-schema=OFF",
)
_ALONE = ("--skip-log-bin",)
# What a replica has not got is not committed: AFTER_SYNC. Without any replica nobody waits for one.
_MARIADB_REPLICATED = (
    "--log-bin=binlog",
    "--binlog-format=ROW",
    "--log-slave-updates",
    "--gtid-strict-mode=ON",
    "--sync-binlog=1",
    "--skip-slave-start",
    "--rpl-semi-sync-master-wait-point=AFTER_SYNC",
    "--rpl-semi-sync-master-wait-no-slave=OFF",
    "--rpl-semi-sync-master-timeout=10000",
    "--rpl-semi-sync-slave-kill-conn-timeout=1",
    "--slave-net-timeout=4",
)
# Nobody takes a primary's place here: for listings a replica that follows is enough.
_MYSQL_REPLICATED = (
    "--log-bin=binlog",
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
    "--skip-replica-start",
    "--replica-net-timeout=4",
)
_BY_ROLE = {
    PRIMARY: ("--rpl-semi-sync-master-enabled=ON",),
    REPLICA: ("--rpl-semi-sync-slave-enabled=ON", "--read-only"),
}
_MYSQL_BY_ROLE = {PRIMARY: (), REPLICA: ("--read-only",)}
_MARIADB_RIGHTS = (
    "REPLICATION SLAVE",
    "REPLICATION SLAVE ADMIN",
    "REPLICATION MASTER ADMIN",
    "BINLOG MONITOR",
    "SLAVE MONITOR",
    "RELOAD",
)
_MYSQL_RIGHTS = ("REPLICATION SLAVE", "REPLICATION_SLAVE_ADMIN", "REPLICATION CLIENT", "RELOAD")
_MARIADB = ("--innodb-log-file-size=64M", "--aria-pagecache-buffer-size=8M")
# Files are for nobody: the folder that its package has for them need not be there.
_MYSQL = ("--mysqlx=OFF", "--secure-file-priv=NULL")


class DatabaseRecipe(Recipe):
    grace = 30.0

    def __init__(self) -> None:
        self._server: Path | None = None
        self._installer: Path | None = None

    def find(self) -> None:
        self._server = find_program("mariadbd", "mysqld")
        if self._server is None:
            raise MissingServer([Lack("database", "neither mariadbd nor mysqld is on this machine", _REMEDY)])
        self._installer = find_program("mariadb-install-db", "mysql_install_db") if self.is_mariadb else None
        if self.is_mariadb and self._installer is None:
            raise MissingServer([Lack("database", "mariadb-install-db is not on this machine", _REMEDY)])

    @property
    def is_mariadb(self) -> bool:
        """Whether what was found is MariaDB."""
        # Debian's mysqld is a link to mariadbd.
        return self._server is not None and self._server.resolve().name == "mariadbd"

    def prepare(self, job: Job, folder: Path) -> None:
        notes = job.record.notes
        notes.setdefault("password", secrets.token_hex(16))
        if not (folder / "data").exists():
            job.say("making an empty database")
            self._initialise(folder)
        setup = folder / "setup.sql"
        setup.unlink(missing_ok=True)
        with os.fdopen(os.open(setup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self._setup(job.record))

    def _setup(self, record: Record) -> str:
        rights = ["READ_ONLY ADMIN" if self.is_mariadb else "SYSTEM_VARIABLES_ADMIN"]
        root, password, local = secrets.token_hex(16), record.notes["password"], ""
        if "role" in record.notes:
            # Each makes its own.
            more = _MARIADB_RIGHTS if self.is_mariadb else _MYSQL_RIGHTS
            rights, local = [*rights, *more], "SET sql_log_bin=0;\n"
        found = {"name": NAME, "operator": OPERATOR, "password": password, "root": root}
        return local + _SETUP.format(**found, right=", ".join(rights))

    def _initialise(self, folder: Path) -> None:
        """Into a folder beside, renamed when complete: half a database is never taken for one."""
        draft, log = folder / "data.new", folder / "initialise.log"
        shutil.rmtree(draft, ignore_errors=True)
        environment = os.environ | {"TMPDIR": str(_temporary(folder))}
        with log.open("wb") as output:
            result = subprocess.run(  # noqa: S603 - our own command
                self._initialise_command(draft),
                env=environment, stdout=output, stderr=subprocess.STDOUT, check=False, timeout=120,
            )  # fmt: skip
        if result.returncode != 0:
            raise StackError(f"database: no empty database could be made. The end of {log}:\n{tail(log)}")
        draft.rename(folder / "data")

    def _initialise_command(self, data: Path) -> list[str]:
        if self._installer is None:
            return [str(self._server), "--no-defaults", "--initialize-insecure", f"--datadir={data}", *_as_root()]
        method = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        return [str(self._installer), "--no-defaults", f"--datadir={data}", *method, *_as_root()]

    def command(self, record: Record, folder: Path) -> list[str]:
        return [
            str(self._server),
            "--no-defaults",
            f"--datadir={folder / 'data'}",
            f"--tmpdir={_temporary(folder)}",
            f"--port={record.port}",
            f"--init-file={folder / 'setup.sql'}",
            *_SETTINGS,
            *(_MARIADB if self.is_mariadb else _MYSQL),
            *self._replication(record),
            *_as_root(),
        ]

    def _replication(self, record: Record) -> Sequence[str]:
        role, number = record.notes.get("role"), f"--server-id={record.notes.get('number')}"
        if role is None:
            return _ALONE
        if self.is_mariadb:
            return [*_MARIADB_REPLICATED, *_BY_ROLE[role], number]
        return [*_MYSQL_REPLICATED, *_MYSQL_BY_ROLE[role], number]

    def url(self, record: Record) -> str:
        return f"mysql+asyncmy://{NAME}:{record.notes['password']}@{LOOPBACK}:{record.port}/{NAME}"

    def erase(self, folder: Path) -> None:
        shutil.rmtree(folder / "data", ignore_errors=True)


def _temporary(folder: Path) -> Path:
    """A folder of its own: at its start MariaDB removes the temporary tables that it finds, others' as well."""
    made = folder / "tmp"
    made.mkdir(exist_ok=True)
    return made


def _as_root() -> list[str]:
    """Both servers refuse to run as root unless told to."""
    return ["--user=root"] if os.geteuid() == 0 else []
