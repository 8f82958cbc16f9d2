"""Programs for tests that Debian has: installed where that is possible."""

import os
import shutil

import pytest

from infra.stack.install import can_install, install_packages


def installed(program: str, *packages: str) -> str:
    """Its path. Skips the test where it is not and cannot be installed, unless CI is set: then it fails."""
    if shutil.which(program) is None and can_install():
        install_packages(packages, print)
    path = shutil.which(program)
    if path is None:
        reason = f"this test needs {program} ({' and '.join(packages)})"
        raise pytest.fail.Exception(reason) if os.environ.get("CI") else pytest.skip.Exception(reason)
    return path
