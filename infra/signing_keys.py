"""The ES256 key that signs access tokens: from the settings, or made once and kept in RUSHCART_HOME."""

import contextlib
import os
import tempfile
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from infra.settings import Settings


class BadSigningKey(ValueError):
    """The configured or stored key is no P-256 private key; the message says where it came from."""


def load_signing_key(settings: Settings) -> ECKey:
    """The process's key, with its RFC 7638 thumbprint as ``kid``. Errors: BadSigningKey."""
    if settings.signing_key is not None:
        return _parse(settings.signing_key.get_secret_value().encode(), "RUSHCART_SIGNING_KEY")
    path = settings.home / "keys" / "access-token.es256.pem"
    if not path.exists():
        _create(path)
    return _parse(path.read_bytes(), str(path))


def _parse(pem: bytes, source: str) -> ECKey:
    try:
        key = ECKey.import_key(pem)
    except (JoseError, ValueError, TypeError) as error:
        raise BadSigningKey(f"{source} holds no ES256 private key in PEM") from error
    if not key.is_private or key.curve_name != "P-256":
        raise BadSigningKey(f"{source} holds no ES256 private key in PEM")
    key.ensure_kid()
    return key


def _create(path: Path) -> None:
    """Write a new key for the owner's eyes only; when two processes race, the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(ECKey.generate_key("P-256").as_pem(private=True))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)  # unlike rename, fails when the name is taken
    finally:
        Path(name).unlink()
