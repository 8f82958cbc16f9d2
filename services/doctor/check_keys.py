"""Keys that sign access tokens."""

from collections.abc import Iterator

from infra.signing_keys import BadSigningKey, SigningKeys
from services.doctor.finding import Finding, good, wrong
from settings import Settings

_AREA = "keys"


def check_keys(settings: Settings) -> Iterator[Finding]:
    """Look at the keys; none is made by that."""
    folder = settings.home / "keys"
    if settings.signing_key is None and not list(folder.glob("*")):
        yield good(_AREA, "none yet: the first API makes one")
        return
    try:
        keys = SigningKeys.from_settings(settings)
    except BadSigningKey as error:
        yield wrong(_AREA, "they cannot be read", str(error))
        return
    yield good(_AREA, f"{len(keys.all)} to check tokens with, the newest signs")
    if settings.signing_key is None and (folder.stat().st_mode & 0o077):
        yield wrong(_AREA, f"others on this machine may look into {folder}", f"chmod 700 {folder}")
