"""Settings that are right one by one, and not together."""

from collections.abc import Iterator

from services.doctor.desk_only import PRODUCTION, desk_only
from services.doctor.finding import Finding, doubtful, good
from settings import Settings

_AREA = "settings"


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Look at the settings. Of an embedded shop little is asked, since it is for trying, unless it says that it is
    in production."""
    yield good(_AREA, "embedded" if settings.embedded else "on a stack")
    if settings.embedded and settings.profile != PRODUCTION:
        return
    if settings.signing_key is None:
        yield doubtful(
            _AREA, f"keys that sign tokens are in {settings.home}",
            "If APIs do not share that folder, set RUSHCART_SIGNING_KEY: their tokens are not each other's.",
        )  # fmt: skip
    yield from desk_only(settings)
