"""A server that speaks S3 and checks signatures: versitygw, a Go module that is built once."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from infra.ports import free_port
from settings import Settings
from tests.go_program import built, wait_until_it_answers

_MODULE: Final = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
_ACCESS, _SECRET, _BUCKET = "tests", "only-for-tests", "pictures"


@contextmanager
def s3_server(folder: Path) -> Iterator[Settings]:
    """Settings that name its bucket. Skips the test where there is no Go, unless CI is set."""
    program = built(_MODULE)
    (folder / "data" / _BUCKET).mkdir(parents=True)
    (folder / "meta").mkdir()
    port = free_port()
    keys = {"ROOT_ACCESS_KEY": _ACCESS, "ROOT_SECRET_KEY": _SECRET}
    posix = ("posix", "--sidecar", str(folder / "meta"), str(folder / "data"))
    with subprocess.Popen(
        [program, "--quiet", "--port", f"127.0.0.1:{port}", *posix],
        env={**os.environ, **keys},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_it_answers(url)
            yield Settings(
                media_store=f"s3://{_BUCKET}/shop/one",
                s3_endpoint=url,
                s3_access_key_id=_ACCESS,
                s3_secret_access_key=SecretStr(_SECRET),
                store_timeout=5.0,
            )
        finally:
            process.kill()
