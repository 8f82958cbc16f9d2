"""The ES256 keys that sign access tokens: from the settings, or made and kept in RUSHCART_HOME/keys.

One key signs and all verify, so that tokens outlive the key that signed them. A file is named after the moment
from which its key signs, ``es256-<milliseconds>.pem``: every server has read a new key before any uses it. Files
are only ever added and removed, so a glance at their names tells whether there is something new to read. Servers
that run side by side share the folder, or have the same ``RUSHCART_SIGNING_KEY``.
"""

import contextlib
import os
import re
import tempfile
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from infra.clock import to_millis
from infra.home import make_home
from settings import Settings
from settings.errors import BadSetting

log = structlog.get_logger(__name__)

_NAME = re.compile(r"es256-(\d{1,15})\.pem")
_BLOCK = re.compile(rb"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)
_SETTING = "RUSHCART_SIGNING_KEY"


class BadSigningKey(BadSetting):
    """The configured or stored key is no P-256 private key; the message says where it came from."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """``kid`` is the RFC 7638 thumbprint; ``signs_from`` is in milliseconds since the epoch."""

    key: ECKey
    kid: str
    signs_from: int = 0


class KeyFolder:
    """The keys of a home. Files are for the owner's eyes only."""

    def __init__(self, home: Path) -> None:
        self.path = home / "keys"

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(file.name for file in self.path.glob("*.pem")))

    def load(self) -> list[SigningKey]:
        """Load the keys, the one that signs last at the end. Errors: BadSigningKey."""
        keys = [_parse(self._read(name), str(self.path / name), _signs_from(name)) for name in self.names()]
        return sorted(keys, key=lambda key: key.signs_from)

    def ensure_one(self) -> None:
        """Make the first key; when two processes race, the first one's stays."""
        if not self.names():
            with contextlib.suppress(FileExistsError):
                self._create("es256-0.pem")

    def add(self, signs_from: int) -> SigningKey:
        """Add a new key that signs from that moment on, or the first free millisecond after it."""
        while True:
            name = f"es256-{signs_from}.pem"
            try:
                self._create(name)
            except FileExistsError:
                signs_from += 1
                continue
            return _parse(self._read(name), str(self.path / name), signs_from)

    def remove_superseded(self, before: int) -> int:
        """Remove keys whose successor has signed since before that moment; returns how many."""
        names = sorted(self.names(), key=_signs_from)
        old = [name for name, next_ in pairwise(names) if _signs_from(next_) < before]
        return self.remove(old)

    def remove(self, names: Collection[str]) -> int:
        """Remove keys: tokens that these signed are refused once the servers have looked; returns how many there
        are."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)
        return len(names)

    def _read(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise BadSigningKey(f"{self.path / name} cannot be read: {error.strerror}") from error

    def _create(self, name: str) -> None:
        make_home(self.path.parent)
        self.path.mkdir(exist_ok=True, mode=0o700)
        descriptor, made = tempfile.mkstemp(dir=self.path, prefix=".new-")  # mkstemp makes it 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(ECKey.generate_key("P-256").as_pem(private=True))
                file.flush()
                os.fsync(file.fileno())
            os.link(made, self.path / name)  # unlike rename, fails when the name is taken
        finally:
            Path(made).unlink()


class SigningKeys:
    """The keys of this process. ``generation`` changes with them, so that caches of verified tokens can follow."""

    def __init__(self, keys: Sequence[SigningKey], folder: KeyFolder | None = None) -> None:
        self.generation = 0
        self._folder = folder
        self._names = folder.names() if folder else ()
        self._use(keys)

    @classmethod
    def from_settings(cls, settings: Settings) -> "SigningKeys":
        """Read the keys from the setting, of whose keys the first signs; else from the home.

        Errors: BadSigningKey.
        """
        if settings.signing_key is not None:
            return cls(_from_setting(settings.signing_key.get_secret_value().encode()))
        folder = KeyFolder(settings.home)
        folder.ensure_one()
        return cls(folder.load(), folder)

    @classmethod
    def of(cls, *keys: ECKey) -> "SigningKeys":
        """Make a ring of these keys, the last of which signs."""
        return cls([SigningKey(key, key.thumbprint()) for key in keys])

    @property
    def all(self) -> Sequence[SigningKey]:
        return self._keys

    def current(self, now: datetime) -> SigningKey:
        """Returns the key that signs at that time."""
        place = bisect_right(self._keys, to_millis(now), key=lambda key: key.signs_from)
        return self._keys[max(place - 1, 0)]

    def get(self, kid: object) -> ECKey | None:
        return self._by_kid.get(kid)

    def public(self) -> dict[str, object]:
        """Returns a JWK set (RFC 7517) of the public keys, those that are yet to sign too."""
        marks = {"use": "sig", "alg": "ES256"}
        return {"keys": [{**key.key.as_dict(private=False), "kid": key.kid, **marks} for key in self._keys]}

    def look(self) -> None:
        """Read the folder again when its files are others; a key that cannot be read is left for the next look."""
        if self._folder is None:
            return
        names = self._folder.names()
        if names == self._names or not names:
            return
        try:
            self._use(self._folder.load())
        except BadSigningKey as error:
            log.warning("keys.unreadable", reason=str(error))
            return
        self._names = names
        log.info("keys.changed", keys=len(self._keys))

    def _use(self, keys: Sequence[SigningKey]) -> None:
        self._keys = tuple(keys)
        self._by_kid: dict[object, ECKey] = {key.kid: key.key for key in keys}
        self.generation += 1


def _from_setting(pem: bytes) -> list[SigningKey]:
    blocks = _BLOCK.findall(pem) or [pem]
    return [_parse(block, _SETTING, 0) for block in reversed(blocks)]


def _signs_from(name: str) -> int:
    # A file of another name was put there by hand, and is as old as can be.
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else 0


def _parse(pem: bytes, source: str, signs_from: int) -> SigningKey:
    try:
        key = ECKey.import_key(pem)
    except (JoseError, ValueError, TypeError) as error:
        raise BadSigningKey(f"{source} holds no ES256 private key in PEM") from error
    if not key.is_private or key.curve_name != "P-256":
        raise BadSigningKey(f"{source} holds no ES256 private key in PEM")
    return SigningKey(key, key.thumbprint(), signs_from)
