#!/usr/bin/env bash
# anyio 4.16.0, httpcore2 2.16.2, uvloop 0.23.0
#
# Expected: a request over a connection that the server ends as soon as it is made fails with one of httpx2's errors.
# Seen: on asyncio's own loop each does. On uvloop some of a thousand end in an AttributeError of anyio, which asks a
# socket that is gone for its peer's name while httpcore2 looks whether the connection is encrypted: whoever catches
# httpx2.HTTPError does not catch it.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  'anyio==4.16.0' 'httpcore2==2.16.2' 'httpx2==2.16.2' 'uvloop==0.23.0'
cat >"$work/look.py" <<'PY'
import asyncio
import socket
import struct
import threading

import httpx2
import uvloop


def end_each(server):
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


async def ask(client, url):
    try:
        await client.get(url)
    except httpx2.NetworkError:
        return "NetworkError"
    except AttributeError as error:
        return f"AttributeError: {error}"


async def look(url):
    seen = set()
    async with httpx2.AsyncClient(trust_env=False) as client:
        for _ in range(50):
            seen |= set(await asyncio.gather(*(ask(client, url) for _ in range(100))))
    return sorted(seen)


server = socket.create_server(("127.0.0.1", 0), backlog=256)
threading.Thread(target=end_each, args=[server], daemon=True).start()
url = httpx2.URL(scheme="http", host="127.0.0.1", port=server.getsockname()[1], path="/")
print("asyncio:", *asyncio.run(look(url)), sep="\n  ")
print("uvloop:", *uvloop.run(look(url)), sep="\n  ")
PY
seen="$("$work/venv/bin/python" "$work/look.py")"
expected="$(
  cat <<'SEEN'
asyncio:
  NetworkError
uvloop:
  AttributeError: 'NoneType' object has no attribute 'getpeername'
  NetworkError
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
