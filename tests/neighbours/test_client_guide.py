"""The client guide, as it says: its files in an empty folder, its commands, and the code that comes of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import files_of
from tests.e2e.running import rushcart
from tests.neighbours.sdks import needed

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "client"
    place.mkdir()
    ended = rushcart(tmp_path / "home", "schema", "export", "--output", str(place / "schema.graphql"))
    assert ended.returncode == 0, ended.stderr
    for name, text in files_of("clients.md").items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text)
    return place


def run(folder: Path, *words: str) -> str:
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return ended.stdout


def test_typescript(folder: Path) -> None:
    npm, npx = (needed(program, "the guide for TypeScript") for program in ("npm", "npx"))
    (folder / "pyproject.toml").unlink()
    quiet = ("--no-audit", "--no-fund", "--silent")
    packages = ("@graphql-codegen/cli", "@graphql-codegen/client-preset", "typescript", "graphql")
    run(folder, npm, "install", *quiet, "--save-dev", *packages)
    run(folder, npx, "graphql-codegen")
    options = ("--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "bundler", "--module", "esnext")
    run(folder, npx, "tsc", *options, "src/buy.ts")
    assert "retryAfterMs" in (folder / "src/gql/graphql.ts").read_text()


def test_python(folder: Path) -> None:
    """In a virtual environment of its own: ariadne-codegen wants another graphql-core than we do."""
    run(folder, sys.executable, "-m", "venv", "--without-pip", "venv")
    pip = (sys.executable, "-m", "pip", "--python", "venv/bin/python", "install", "--no-compile", "--quiet")
    run(folder, *pip, "--disable-pip-version-check", "ariadne-codegen")
    run(folder, "venv/bin/ariadne-codegen")
    told = run(folder, "venv/bin/python", "-c", "import shop_client; print(shop_client.Client.buy.__name__)")
    assert told == "buy\n"
