"""Install what is missing with apt-get: as root, on Debian and Ubuntu, and nothing is started by it."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from infra.stack.errors import StackError

_PACKAGES = {
    "database": ("mariadb-server",),
    "redis": ("redis-server",),
    "kafka": ("default-jre-headless", "maven"),
}
# Debian's way to say "install, but start nothing"; see invoke-rc.d(8). 101: action forbidden by policy.
_POLICY = Path("/usr/sbin/policy-rc.d")
_START_NOTHING = "#!/bin/sh\nexit 101\n"


def can_install() -> bool:
    """Returns whether we are root on Debian or Ubuntu."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and Path("/usr/bin/apt-get").exists()


def install(servers: Iterable[str], echo: Callable[[str], None]) -> None:
    """Install the packages of these servers; takes a minute. Errors: StackError with apt-get's last lines."""
    install_packages([package for server in dict.fromkeys(servers) for package in _PACKAGES[server]], echo)


def install_packages(packages: Sequence[str], echo: Callable[[str], None]) -> None:
    """Errors: StackError with apt-get's last lines."""
    echo(f"installing {', '.join(packages)} (apt-get)")
    with _starting_nothing():
        if _apt_get("install", "--yes", "--no-install-recommends", *packages) is None:
            return
        # The usual reason on a fresh machine: there are no package lists yet.
        _apt_get("update")
        if problem := _apt_get("install", "--yes", "--no-install-recommends", *packages):
            raise StackError(f"apt-get could not install {', '.join(packages)}:\n{problem}")


def _apt_get(*arguments: str) -> str | None:
    """Run apt-get; returns None when it worked, or else the end of what it said."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    result = subprocess.run(  # noqa: S603 - fixed words and names from the table above
        ["/usr/bin/apt-get", "--quiet", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode == 0:
        return None
    return "\n".join(f"    {line}" for line in (result.stdout + result.stderr).splitlines()[-8:])


@contextlib.contextmanager
def _starting_nothing() -> Iterator[None]:
    """Forbid packages to start their services, unless the machine has a policy of its own."""
    try:
        policy = os.open(_POLICY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755)
    except FileExistsError:
        yield
        return
    try:
        with os.fdopen(policy, "w") as file:
            file.write(_START_NOTHING)
        yield
    finally:
        _POLICY.unlink(missing_ok=True)
