"""The stack comes up, says what it lacks, and leaves nothing running."""

import contextlib
import os
import signal
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.stack import stack as command
from infra.ports import free_port, is_free
from infra.processes import spawn
from infra.stack import SERVERS, MissingServer, Stack, StackError, StackNotUp
from settings import get_settings
from tests.integration.stack.bring_up import bring_up, process, quiet
from tests.running.stacks import KAFKA_CACHE

pytestmark = pytest.mark.stack


VARIABLES = ["RUSHCART_DATABASE_URL", "RUSHCART_REDIS_URL", "RUSHCART_KAFKA_BOOTSTRAP_SERVERS"]


def test_up_again_says_so_and_starts_nothing(stack: Stack, home: Path) -> None:
    before = {server: process(stack, server) for server in SERVERS}
    said: list[str] = []
    assert bring_up(home, echo=said).env() == stack.env()
    assert [line.split()[0] for line in said if "is up already" in line] == list(SERVERS)
    assert {server: process(stack, server) for server in SERVERS} == before


def test_up_again_replaces_a_server_that_died(stack: Stack, home: Path) -> None:
    before = {server: process(stack, server) for server in SERVERS}
    stack.kill("redis")
    bring_up(home)
    after = {server: process(stack, server) for server in SERVERS}
    assert after["redis"] != before["redis"]
    assert (after["database"], after["kafka"]) == (before["database"], before["kafka"])


def test_our_own_addresses_in_the_environment_are_still_ours(stack: Stack, home: Path) -> None:
    before = [line.how for line in stack.status()]
    bring_up(home, environ=stack.env())
    assert [line.how for line in stack.status()] == before


def test_passwords_are_in_a_private_file_and_not_on_show(
    stack: Stack, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = stack.env()
    password = settings["RUSHCART_DATABASE_URL"].split(":")[2].partition("@")[0]
    assert stat.S_IMODE((home / "stack" / "state.json").stat().st_mode) == 0o600
    monkeypatch.setenv("RUSHCART_HOME", str(home))
    get_settings.cache_clear()
    try:
        shown = CliRunner().invoke(command, ["status"])
        printed = CliRunner().invoke(command, ["env"])
    finally:
        get_settings.cache_clear()
    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.output.splitlines()] == ["server", *SERVERS]
    assert shown.output.count(" yes") == 3
    assert password not in shown.output
    assert printed.output.splitlines() == [f"export {name}={settings[name]}" for name in VARIABLES]


def test_given_servers_are_used_and_never_stopped(stack: Stack, tmp_path: Path) -> None:
    before = {server: process(stack, server) for server in SERVERS}
    guest = bring_up(tmp_path, environ=stack.env())
    assert guest.env() == stack.env()
    assert [(line.how, line.pid, line.answers) for line in guest.status()] == [("environment", None, True)] * 3
    with pytest.raises(StackError, match="given in the environment"):
        guest.kill("redis")
    with pytest.raises(StackError, match="given in the environment"):
        guest.stop("database")
    guest.down(purge=True)
    assert {server: process(stack, server) for server in SERVERS} == before


def test_a_given_address_that_does_not_answer_leaves_nothing_running(tmp_path: Path) -> None:
    silent = f"redis://127.0.0.1:{free_port()}/0"
    with pytest.raises(
        StackError, match=r"redis: the address in the environment, 127\.0\.0\.1:\d+, does not answer"
    ):
        bring_up(tmp_path, environ={"RUSHCART_REDIS_URL": silent})
    assert _processes_of(tmp_path) == []
    left = Stack(tmp_path)
    assert [line.how for line in left.status()] == [None, None, None]
    with pytest.raises(StackNotUp):
        left.env()


def test_a_start_that_fails_shows_the_log_and_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "stack" / "redis").mkdir(parents=True)
    (tmp_path / "stack" / "redis" / "appendonlydir").write_text("not a folder")
    with pytest.raises(StackError, match=r"redis: it ended with 1\. The end of .*redis\.log:\n(?s:.*)append"):
        bring_up(tmp_path)
    assert _processes_of(tmp_path) == []


def test_what_cannot_be_had_is_named_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("infra.stack.machine._MORE_PATH", ())
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(MissingServer) as caught:
        Stack.up(tmp_path, echo=quiet, environ={}, kafka_cache=KAFKA_CACHE)
    assert [lack.server for lack in caught.value.lacks] == list(SERVERS)
    for name, package in zip(VARIABLES, ["mariadb-server", "redis-server", "default-jre-headless"], strict=True):
        assert name in str(caught.value)
        assert package in str(caught.value)


def test_down_stops_its_own_and_spares_a_recycled_pid(tmp_path: Path) -> None:
    stack = bring_up(tmp_path)
    processes = {server: process(stack, server) for server in SERVERS}
    settings = stack.env()
    bystander = spawn(["/bin/sleep", "60"], log=tmp_path / "log", cwd=tmp_path)
    stack.kill("redis")
    state = tmp_path / "stack" / "state.json"
    state.write_text(state.read_text().replace(f'"pid": {processes["redis"].pid}', f'"pid": {bystander.pid}'))

    assert stack.pid("redis") is None
    stack.down()

    assert not any(one.alive for one in processes.values())
    assert bystander.returncode is None
    os.kill(bystander.pid, signal.SIGKILL)
    assert bystander.wait(5.0)
    with pytest.raises(StackNotUp, match="rushcart stack up"):
        stack.env()
    stack.down()  # down already is fine

    # It comes back where it was, with the same password.
    assert bring_up(tmp_path).env() == settings
    stack.down(purge=True)
    assert not (tmp_path / "stack").exists()
    assert all(is_free(int(url.rpartition(":")[2].partition("/")[0])) for url in settings.values())


def _processes_of(home: Path) -> list[str]:
    """Command lines that name the folder (Linux; nothing elsewhere)."""
    found: list[str] = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(file.read_text(errors="replace"))
    return [line for line in found if str(home) in line]
