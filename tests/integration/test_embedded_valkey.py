"""The embedded Valkey: its data survive every end, it never outlives us, it never shares a folder."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from infra.embedded_valkey import EmbeddedValkey, EmbeddedValkeyError
from infra.processes import ProcessId, spawn
from tests.waiting import pause

ROOT = Path(__file__).parents[2]
OWNER = """
import sys
from pathlib import Path
from infra.embedded_valkey import EmbeddedValkey
valkey = EmbeddedValkey.start(Path(sys.argv[1]))
print(valkey.pid, valkey.url, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey.start(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that started the server of ``tmp_path`` and printed its pid and URL."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        yield process
        process.kill()


async def read(url: str, key: str) -> object:
    async with Redis.from_url(url) as client:
        return await client.get(key)


async def write(url: str, key: str, value: str) -> None:
    async with Redis.from_url(url) as client:
        assert await client.set(key, value)


def started(owner: subprocess.Popen[str]) -> tuple[ProcessId, str]:
    assert owner.stdout is not None
    pid, url = owner.stdout.readline().split()
    process = ProcessId.of(int(pid))
    assert process is not None
    return process, url


async def test_answers_within_half_a_second_with_the_settings_of_a_store(tmp_path: Path) -> None:
    begun = time.perf_counter()
    server = EmbeddedValkey.start(tmp_path)
    elapsed = time.perf_counter() - begun
    try:
        async with Redis.from_url(server.url) as client:
            assert await client.ping() is True
            for name, value in {
                "appendonly": "yes",
                "appendfsync": "everysec",
                "maxmemory-policy": "noeviction",
                "port": "0",
            }.items():
                assert await client.config_get(name) == {name: value}
    finally:
        server.stop()
    assert elapsed < 0.5 + pause()


async def test_streams_and_scripts_work(valkey: EmbeddedValkey) -> None:
    async with Redis.from_url(valkey.url) as client:
        assert await client.eval("return redis.call('INCRBY', KEYS[1], ARGV[1])", 1, "n", 41) == 41
        entry = await client.xadd("s", {"a": "b"})
        assert await client.xrange("s") == [(entry, {b"a": b"b"})]


async def test_data_are_kept_when_it_is_stopped(tmp_path: Path) -> None:
    first = EmbeddedValkey.start(tmp_path)
    await write(first.url, "kept", "1")
    first.stop()
    assert not first.running
    first.stop()  # a second time does nothing

    second = EmbeddedValkey.start(tmp_path)
    try:
        assert await read(second.url, "kept") == b"1"
    finally:
        second.stop()


async def test_data_are_kept_when_it_is_killed(tmp_path: Path) -> None:
    first = EmbeddedValkey.start(tmp_path)
    await write(first.url, "kept", "1")
    os.kill(first.pid, signal.SIGKILL)
    first.stop()

    second = EmbeddedValkey.start(tmp_path)
    try:
        assert await read(second.url, "kept") == b"1"
    finally:
        second.stop()


async def test_a_second_start_on_the_same_home_is_refused(tmp_path: Path, valkey: EmbeddedValkey) -> None:
    with pytest.raises(EmbeddedValkeyError, match=f"in use by the process {os.getpid()}.*RUSHCART_HOME"):
        EmbeddedValkey.start(tmp_path)
    await write(valkey.url, "still", "there")
    assert await read(valkey.url, "still") == b"there"


def test_a_second_start_in_another_process_is_refused(tmp_path: Path, owner: subprocess.Popen[str]) -> None:
    server, _ = started(owner)
    with pytest.raises(EmbeddedValkeyError, match=f"in use by the process {owner.pid}"):
        EmbeddedValkey.start(tmp_path)
    assert server.alive


async def test_two_homes_run_side_by_side(tmp_path: Path) -> None:
    one, two = EmbeddedValkey.start(tmp_path / "one"), EmbeddedValkey.start(tmp_path / "two")
    try:
        await write(one.url, "key", "one")
        assert await read(two.url, "key") is None
        assert one.pid != two.pid
    finally:
        one.stop()
        two.stop()


async def test_a_home_too_long_for_a_socket_gets_a_port_and_a_password(tmp_path: Path) -> None:
    server = EmbeddedValkey.start(tmp_path / ("long" * 30))
    try:
        assert server.url.startswith("redis://:")
        await write(server.url, "key", "value")
        assert await read(server.url, "key") == b"value"
    finally:
        server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent death signal is Linux's")
async def test_it_ends_with_an_owner_that_is_killed(tmp_path: Path, owner: subprocess.Popen[str]) -> None:
    server, url = started(owner)
    await write(url, "kept", "1")
    owner.kill()
    assert server.wait(5.0)

    again = EmbeddedValkey.start(tmp_path)
    try:
        assert await read(again.url, "kept") == b"1"
    finally:
        again.stop()


async def test_a_start_ends_what_a_dead_owner_left(tmp_path: Path, owner: subprocess.Popen[str]) -> None:
    server, url = started(owner)
    await write(url, "kept", "1")
    # Stopped, it does not act on the parent's death: as on a system without that signal.
    assert server.send(signal.SIGSTOP)
    owner.kill()
    owner.wait()
    assert server.alive

    again = EmbeddedValkey.start(tmp_path)
    try:
        assert server.wait(0)
        assert again.pid != server.pid
        assert await read(again.url, "kept") == b"1"
    finally:
        again.stop()


def test_a_recycled_pid_in_the_note_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "valkey"
    folder.mkdir()
    bystander = spawn(["/bin/sleep", "60"], log=tmp_path / "log", cwd=tmp_path)
    (folder / "valkey.pid").write_text(
        f'{{"owner": null, "server": {{"pid": {bystander.pid}, "started": "another time"}}}}'
    )
    server = EmbeddedValkey.start(tmp_path)
    server.stop()
    assert bystander.returncode is None
    os.kill(bystander.pid, signal.SIGKILL)
    assert bystander.wait(5.0)


async def test_ctrl_c_of_the_terminal_does_not_reach_it(tmp_path: Path, owner: subprocess.Popen[str]) -> None:
    server, url = started(owner)
    assert os.getpgid(server.pid) != os.getpgid(owner.pid)
    assert os.getsid(server.pid) == server.pid
    await write(url, "key", "value")


def test_a_start_that_fails_shows_the_log_and_frees_the_folder(tmp_path: Path) -> None:
    (tmp_path / "valkey").mkdir()
    broken = tmp_path / "valkey" / "appendonlydir"
    broken.write_text("not a folder")
    with pytest.raises(EmbeddedValkeyError, match=r"ended with 1(?s:.*)append"):
        EmbeddedValkey.start(tmp_path)
    broken.unlink()
    EmbeddedValkey.start(tmp_path).stop()
