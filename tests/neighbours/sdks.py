"""Where the SDKs of others come from: their registries, in these versions, into a folder that is thrown away."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

PROGRAMS: Final = Path(__file__).parent / "programs"
CLOUDEVENTS_PYTHON: Final = "cloudevents==1.12.0"
CLOUDEVENTS_JAVASCRIPT: Final = "cloudevents@10.0.0"
GRAPHQL_WS: Final = ("graphql-ws@6.4.2", "graphql@16.15.0", "ws@8.23.0")
FEDERATION: Final = (
    "@apollo/composition@2.14.4",
    "@apollo/gateway@2.14.4",
    "@apollo/server@5.5.1",
    "@apollo/subgraph@2.14.4",
    "@theguild/federation-composition@0.27.0",
    "@wundergraph/composition@0.55.0",
    "graphql@16.15.0",
)
CLIENTS: Final = (
    "@apollo/client@4.3.8",
    "@urql/core@6.0.3",
    "apollo-upload-client@20.0.0",
    "gql.tada@1.11.3",
    "graphql-http@1.23.1",
    "graphql-sse@2.6.1",
    "relay-compiler@21.0.1",
    "relay-runtime@21.0.1",
    "graphql@16.15.0",
    "react@19.3.1",
    "rxjs@7.8.2",
    "typescript@5.9.3",
)
ASYNCAPI: Final = "@asyncapi/parser@3.6.6"
_INSTALL_WITHIN: Final = 800.0


def needed(program: str, what: str) -> str:
    """Returns the program's path. Skips the test where it is missing."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{what} needs {program}, and there is none")
    return path


def call(folder: Path, *words: str, given: str = "", **environment: str) -> str:
    """Returns what a program that ends by itself prints."""
    ended = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **environment},
        input=given,
        capture_output=True,
        text=True,
        timeout=_INSTALL_WITHIN,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return ended.stdout


def npm_install(folder: Path, *packages: str) -> str:
    """Returns the path of node, for which the packages are in ``folder`` then."""
    node, npm = needed("node", packages[0]), needed("npm", packages[0])
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    call(folder, npm, "install", "--no-audit", "--no-fund", "--silent", *packages)
    return node


def pip_install(folder: Path, *packages: str) -> None:
    """Install the packages into ``folder``/venv."""
    call(folder, sys.executable, "-m", "venv", "venv")
    call(folder, "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", *packages)


def python_reader(folder: Path) -> list[str]:
    pip_install(folder, CLOUDEVENTS_PYTHON)
    return ["venv/bin/python", str(PROGRAMS / "read.py")]


def javascript_reader(folder: Path) -> list[str]:
    node = npm_install(folder, CLOUDEVENTS_JAVASCRIPT)
    shutil.copy(PROGRAMS / "read.mjs", folder)  # beside the packages, where node looks for them
    return [node, "read.mjs"]


def go_reader(folder: Path) -> list[str]:
    go = needed("go", "the SDK for Go")
    call(PROGRAMS / "go", go, "build", "-o", str(folder / "read"), ".", GOFLAGS="-mod=readonly -buildvcs=false")
    return ["./read"]


def java_reader(folder: Path) -> list[str]:
    java, maven = needed("java", "the SDK for Java"), needed("mvn", "the SDK for Java")
    needed("javac", "the SDK for Java")
    shutil.copytree(PROGRAMS / "java", folder, dirs_exist_ok=True)
    call(folder, maven, "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=libs")
    return [java, "-cp", "libs/*", "Read.java"]


READERS: Final = {
    "go 2.16.2": go_reader,
    "java 4.0.1": java_reader,
    "javascript 10.0.0": javascript_reader,
    "python 1.12.0": python_reader,
}
"""How each SDK of CloudEvents is installed; returned is the command that reads records as JSON."""


def read_by(folder: Path, command: Sequence[str], records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(call(folder, *command, given=json.dumps(records)))
    return told
