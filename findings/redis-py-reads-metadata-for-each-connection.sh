#!/usr/bin/env bash
# redis 8.1.0 (redis-py)
#
# Expected: what a client tells the server of itself, its own version among it, is found out once a process.
# Seen: every connection that is made looks the version up in the metadata of the installed package, on the disk, on
# the event loop too: some tenths of a millisecond each, in an environment with many packages several. A DriverInfo
# that is made once and given to the pool as driver_info ends it.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

export TMPDIR="$work"
cd "$work"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'redis==8.1.0'

seen="$("$work/venv/bin/python" - <<'PY'
from importlib import metadata

from redis import DriverInfo
from redis.asyncio.connection import Connection

looked = []
version = metadata.version
metadata.version = lambda name: looked.append(name) or version(name)
for given in ({}, {"driver_info": DriverInfo()}):
    looked.clear()
    for _ in range(20):
        Connection(**given)
    print(f"20 connections {'with' if given else 'without'} driver_info: {len(looked)} look-ups")
PY
)"
expected="$(
  cat <<'SEEN'
20 connections without driver_info: 20 look-ups
20 connections with driver_info: 0 look-ups
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
