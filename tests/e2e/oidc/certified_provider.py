"""The certified provider of ``tests/e2e/oidc_provider``: installed once, run beside the tests."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.e2e.oidc.browser import SHOP

CLIENT_ID: Final = "rushcart"
CLIENT_SECRET: Final = "only-for-tests"
NAME: Final = "example"

_ROOT = Path(__file__).resolve().parents[3]
_SOURCE = _ROOT / "tests" / "e2e" / "oidc_provider"
_CACHE = _ROOT / ".rushcart" / "npm"


@dataclass(frozen=True, slots=True)
class CertifiedProvider:
    issuer: str

    def set_account(self, subject: str, **claims: Any) -> None:
        """What the provider says of this person from now on."""
        httpx.put(f"{self.issuer}/test/accounts/{subject}", json=claims).raise_for_status()


@contextmanager
def certified_provider() -> Iterator[CertifiedProvider]:
    """Skips the test where there is no Node, unless CI is set."""
    if not (shutil.which("node") and shutil.which("npm")):
        reason = "the OpenID Connect provider of the tests needs node and npm"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    command = ["node", "provider.mjs", CLIENT_ID, CLIENT_SECRET, f"{SHOP}/auth/oidc/{NAME}/callback"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=_installed(), text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            issuer = process.stdout.readline().strip()
            assert issuer, "the provider did not start"
            yield CertifiedProvider(issuer)
        finally:
            process.kill()


def _installed() -> Path:
    """A folder with the provider and its packages, as they are locked."""
    sources = sorted(path for path in _SOURCE.iterdir() if path.is_file())
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()
    folder = _CACHE / f"oidc-provider-{digest[:16]}"
    if folder.exists():
        return folder
    _CACHE.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=_CACHE, prefix=".new-"))
    for path in sources:
        shutil.copy(path, new)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=new, check=True)
    try:
        new.rename(folder)
    except OSError:  # another run of the tests was faster
        shutil.rmtree(new)
    return folder
