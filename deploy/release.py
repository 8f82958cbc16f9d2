"""``make release VERSION=x.y.z``: everything of a release but the push.

Looks first: nothing is changed unless all checks pass, and a dry run ends there, having told what it would do.
Then the version is written, wheel and image are built from it, and what could be built is committed and tagged.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.version import Version

GENERATED: Final = {
    "schema.graphql": "schema check",
    "possible-types.json": "schema check --possible-types",
    "docs/settings.md": "docs write --check docs/settings.md",
    "docs/commands.md": "docs write --check docs/commands.md",
    "docs/order-pipeline.md": "docs write --check docs/order-pipeline.md",
    "docs/operations.md": "docs write --check docs/operations.md",
    "docs/asyncapi.json": "docs asyncapi --check --output docs/asyncapi.json",
}
"""What is made from the code, and the command of ours that says whether it is of this code."""
# All in one process, which takes seconds to start.
_COMMANDS: Final = """
import sys
from cli.main import main
for words in sys.argv[1:]:
    sys.argv = ["rushcart", *words.split()]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""
MANIFESTS: Final = "deploy/kubernetes"
_UNRELEASED: Final = "## Unreleased\n"


class Refused(Exception):
    """Why there is no release now; the text is for who asked for it."""


@dataclass(frozen=True, slots=True)
class Release:
    root: Path
    version: str
    before: str
    date: str

    @property
    def tag(self) -> str:
        return f"v{self.version}"

    def edits(self) -> dict[Path, str]:
        """Returns the files that change, with their new text. Errors: Refused."""
        changed = {self.root / name: make(self._read(name)) for name, make in self._makers().items()}
        return {path: text for path, text in changed.items() if text != path.read_text(encoding="utf-8")}

    def _makers(self) -> dict[str, Callable[[str], str]]:
        makers: dict[str, Callable[[str], str]] = {
            "pyproject.toml": self._versioned,
            "clients/python/pyproject.toml": self._versioned,
            "CHANGELOG.md": self._dated,
            "clients/typescript/package.json": self._versioned_json,
            "package-lock.json": self._locked,
            "docs/asyncapi.json": self._versioned_json,
        }
        for path in sorted((self.root / MANIFESTS).glob("*.yaml")):
            makers[str(path.relative_to(self.root))] = self._tagged
        return makers

    def _versioned(self, text: str) -> str:
        return text.replace(f'\nversion = "{self.before}"', f'\nversion = "{self.version}"', 1)

    def _versioned_json(self, text: str) -> str:
        return text.replace(f'"version": "{self.before}"', f'"version": "{self.version}"', 1)

    def _locked(self, text: str) -> str:
        """Of npm's packages only the client for TypeScript is ours to release."""
        before, name, after = text.partition('"name": "@rushcart/client"')
        return before + name + self._versioned_json(after)

    def _dated(self, text: str) -> str:
        """What was unreleased is this version's; the next changes get an empty heading."""
        _, found, rest = text.partition(_UNRELEASED)
        news = rest.partition("\n## ")[0].strip()
        if not found or not news:
            raise Refused("CHANGELOG.md has nothing under Unreleased: there is nothing to release")
        return text.replace(_UNRELEASED, f"{_UNRELEASED}\n## {self.version} - {self.date}\n", 1)

    def _tagged(self, text: str) -> str:
        """Images and the migration's job carry the version in their names."""
        return re.sub(rf"(rushcart(?:-migrate)?[:-]){re.escape(self.before)}\b", rf"\g<1>{self.version}", text)

    def _read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")


def run(release: Release, *, dry: bool) -> None:
    """Make the release, or only say how. Errors: Refused, before anything is changed."""
    root = release.root
    for text, check in checks(release):
        check()
        print(f"ok     {text}")
    edits = release.edits()
    image = has_docker()
    plan = [f"write  {path.relative_to(root)}" for path in edits]
    plan += [f"build  dist/rushcart-{release.version}-py3-none-any.whl"]
    plan += [
        f"build  image rushcart:{release.version}" if image else "skip   the image: docker does not answer here"
    ]
    plan += [f"commit Release {release.version}", f"tag    {release.tag}"]
    print("\n".join(plan))
    if dry:
        print("dry run: nothing was changed")
        return
    carry_out(release, edits, image=image)
    print(f"done. To publish it: git push --follow-tags, and dist/rushcart-{release.version}-py3-none-any.whl")


def carry_out(release: Release, edits: dict[Path, str], *, image: bool) -> None:
    """Write, build, commit, tag; what was written is taken back when something cannot be built."""
    root = release.root
    before = {path: path.read_text(encoding="utf-8") for path in edits}
    try:
        for path, text in edits.items():
            path.write_text(text, encoding="utf-8")
        build_wheel(root)
        if image:
            call(
                root, "docker", "build", "--file", "deploy/Dockerfile", "--tag", f"rushcart:{release.version}", "."
            )
    except BaseException:
        for path, text in before.items():
            path.write_text(text, encoding="utf-8")
        raise
    call(root, "git", "add", *(str(path.relative_to(root)) for path in edits))
    call(root, "git", "commit", "--quiet", "--message", f"Release {release.version}")
    call(root, "git", "tag", "--annotate", release.tag, "--message", f"Rushcart {release.version}")


def checks(release: Release) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yields what is looked at, and how. Each raises Refused when it is not so."""
    root = release.root
    yield "the version comes after the last", lambda: check_version(release)
    yield "the tree is committed", lambda: check_committed(root)
    yield "the changelog has news", release.edits
    yield "the lock files hold what pyproject.toml asks for", lambda: check_locks(root)
    yield (
        f"of this code are {', '.join(GENERATED)}",
        lambda: call(root, sys.executable, "-c", _COMMANDS, *GENERATED.values()),
    )


def check_version(release: Release) -> None:
    if not re.fullmatch(r"\d+\.\d+\.\d+", release.version):
        raise Refused(f"VERSION={release.version}: a version is three numbers, x.y.z")
    tags = call(release.root, "git", "tag", "--list", "v*").split()
    if release.tag in tags:
        raise Refused(f"{release.tag} is released already")
    newest = max([Version(release.before), *(Version(tag) for tag in tags)])
    if Version(release.version) < newest:
        raise Refused(f"{release.version} is before {newest}")


def check_committed(root: Path) -> None:
    if changed := call(root, "git", "status", "--porcelain").strip():
        raise Refused(f"not committed:\n{changed}")


def check_locks(root: Path) -> None:
    """Every dependency is pinned at a version that it allows; asks no registry."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run_pins = pins(root / "requirements.lock")
    dev_pins = run_pins | pins(root / "requirements-dev.lock")
    extras = dict(project.get("optional-dependencies", {}))
    asked = [(text, dev_pins) for text in extras.pop("dev", [])]
    asked += [(text, run_pins) for texts in (project["dependencies"], *extras.values()) for text in texts]
    for text, locked in asked:
        wanted = Requirement(text)
        pin = locked.get(wanted.name.lower())
        if pin is None or not wanted.specifier.contains(pin, prereleases=True):
            raise Refused(f"{text} is pinned at {pin or 'nothing'}: run `make lock`")


def pins(lock: Path) -> dict[str, str]:
    """Returns each package of a lock file with its version."""
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def build_wheel(root: Path) -> None:
    """Build it into ``dist`` with what is installed, without a download."""
    command = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    call(root, *command, "--wheel-dir", "dist", ".")


def has_docker() -> bool:
    """Returns whether there is a docker that answers."""
    if (docker := shutil.which("docker")) is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0


def call(root: Path, *command: str) -> str:
    """Run a command in the tree; returns what it printed. Errors: Refused, with what it complained of."""
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Refused(f"{' '.join(command[-4:])}: {(ended.stderr or ended.stdout).strip()}")
    return ended.stdout


def main() -> int:
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument("version", help="x.y.z")
    parser.add_argument("--dry-run", action="store_true", help="look and tell; change nothing")
    asked = parser.parse_args()
    root = Path(__file__).resolve().parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    today = datetime.now(UTC).date().isoformat()
    try:
        run(Release(root, asked.version, project["version"], today), dry=asked.dry_run)
    except Refused as error:
        print(f"no release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
