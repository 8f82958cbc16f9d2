"""``make release``: a dry run changes nothing; a real one, in a clone, leaves a version, a wheel and a tag."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.running import ROOT

pytestmark = pytest.mark.timeout(300)


def git(place: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=place, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This tree as it lies here, committed, in a repository of its own with something new to tell."""
    place = tmp_path_factory.mktemp("tree")
    files = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    for name in filter(None, files):
        if (ROOT / name).is_file():
            target = place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    news = (
        (place / "CHANGELOG.md").read_text().replace("## Unreleased\n", "## Unreleased\n\n- Something new.\n", 1)
    )
    (place / "CHANGELOG.md").write_text(news)
    git(place, "init", "--quiet", "--initial-branch", "main")
    git(place, "config", "user.name", "Ada")
    git(place, "config", "user.email", "ada@example.com")
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "--message", "All of it")
    return place


@pytest.fixture
def clone(tree: Path) -> Iterator[Path]:
    """Afterwards it is as before, but that Python has compiled it."""
    head = git(tree, "rev-parse", "HEAD").strip()
    yield tree
    git(tree, "reset", "--quiet", "--hard", head)
    git(tree, "clean", "--quiet", "-d", "--force")
    git(tree, "tag", "--delete", *git(tree, "tag").split())
    shutil.rmtree(tree / "dist", ignore_errors=True)


def release(place: Path, version: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """As a person calls it, in an environment that is set up already, and without a docker that answers."""
    named = [f"{name}={value}" for name, value in variables.items()]
    made = ("-o", f"{sys.prefix}/.installed", "-o", f"{sys.prefix}/.installed-dev")
    return subprocess.run(
        ["make", f"VENV={sys.prefix}", *made, "release", f"VERSION={version}", *named],
        cwd=place, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(place.parent), "DOCKER_HOST": "unix:///nowhere.sock"},
    )  # fmt: skip


def test_a_dry_run_tells_all_and_changes_nothing(clone: Path) -> None:
    head = git(clone, "rev-parse", "HEAD")
    ended = release(clone, "7.8.9", DRY_RUN="1")
    assert ended.returncode == 0, ended.stderr
    told = ended.stdout
    assert "ok     of this code are schema.graphql, possible-types.json, docs/settings.md" in told
    assert "ok     the lock files hold what pyproject.toml asks for" in told
    for step in ("write  pyproject.toml", "write  CHANGELOG.md", "write  deploy/kubernetes/api.yaml",
                 "write  docs/asyncapi.json", "build  dist/rushcart-7.8.9-py3-none-any.whl", "tag    v7.8.9",
                 "nothing was changed"):  # fmt: skip
        assert step in told
    assert (git(clone, "status", "--porcelain"), git(clone, "tag")) == ("", "")
    assert git(clone, "rev-parse", "HEAD") == head
    assert not (clone / "dist").exists()


def test_a_release(clone: Path) -> None:
    ended = release(clone, "7.8.9")
    assert ended.returncode == 0, ended.stderr
    assert git(clone, "tag").split() == ["v7.8.9"]
    assert git(clone, "log", "--format=%s", "-1", "v7.8.9") == "Release 7.8.9\n"
    assert git(clone, "status", "--porcelain") == ""
    assert 'version = "7.8.9"' in (clone / "pyproject.toml").read_text()
    for name in ("clients/typescript/package.json", "package-lock.json"):
        assert (clone / name).read_text().count('"version": "7.8.9"') == 1
    today = datetime.now(UTC).date().isoformat()
    assert f"## Unreleased\n\n## 7.8.9 - {today}\n\n- Something new.\n" in (clone / "CHANGELOG.md").read_text()
    assert "image: rushcart:7.8.9" in (clone / "deploy/kubernetes/worker.yaml").read_text()
    with zipfile.ZipFile(clone / "dist" / "rushcart-7.8.9-py3-none-any.whl") as wheel:
        names = wheel.namelist()
        metadata = wheel.read("rushcart-7.8.9.dist-info/METADATA").decode()
    assert "License-Expression: Apache-2.0" in metadata
    for name in ("LICENSE", "NOTICE", "graphql_api/graphiql/static/NOTICE.txt", "services/user/data/NOTICE"):
        assert f"rushcart-7.8.9.dist-info/licenses/{name}" in names
    again = release(clone, "7.8.9")
    assert again.returncode == 2
    assert "v7.8.9 is released already" in again.stderr


@pytest.mark.parametrize(
    ("version", "file", "old", "new", "why"),
    [
        ("7.8", "README.md", "", "", "a version is three numbers"),
        ("0.0.1", "README.md", "", "", "0.0.1 is before"),
        ("7.8.9", "CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n## 0.0.0\n", "nothing to release"),
        ("7.8.9", "pyproject.toml", '"orjson>=3.13"', '"orjson>=99"', "run `make lock`"),
        ("7.8.9", "schema.graphql", "type Query", "scalar Moved\n\ntype Query", "schema"),
        # What was written before it could not be built is taken back.
        ("7.8.9", "pyproject.toml", 'readme = "README.md"', 'readme = "NOTHING.md"', "NOTHING.md"),
    ],
)  # fmt: skip
def test_no_release(clone: Path, version: str, file: str, old: str, new: str, why: str) -> None:
    path = clone / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    git(clone, "commit", "--quiet", "--all", "--allow-empty", "--message", "A change")
    ended = release(clone, version)
    assert ended.returncode == 2
    assert why in ended.stderr
    assert (git(clone, "status", "--porcelain"), git(clone, "tag")) == ("", "")


def test_what_is_not_committed_is_not_released(clone: Path) -> None:
    (clone / "README.md").write_text("Changed.")
    ended = release(clone, "7.8.9")
    assert ended.returncode == 2
    assert "README.md" in ended.stderr
    assert git(clone, "tag") == ""
