"""The replica that listings are read from: does it follow, how far is it behind, does it take writes?"""

from typing import Final

from sqlalchemy import text

from infra.errors import StoreUnavailable
from infra.listings import Behind
from infra.runtime import Infra
from services.doctor.finding import Finding, doubtful, good

_AREA: Final = "replica"
_INSTEAD: Final = "Until then listings are read from the primary."


async def check_replica(infra: Infra) -> list[Finding]:
    """Returns nothing where there is none. Errors: StoreUnavailable, of the primary."""
    replica = infra.listings.replica
    if replica is None:
        return []
    try:
        lag = await infra.listings.lag()
        async with replica.read() as session:
            is_read_only = bool(await session.scalar(text("SELECT @@GLOBAL.read_only")))
    except Behind as error:
        mend = "It must follow RUSHCART_DATABASE_URL by GTIDs (MySQL: gtid_mode=ON), within DATABASE_READ_WAIT."
        return [doubtful(_AREA, str(error), f"{mend} {_INSTEAD}")]
    except StoreUnavailable as error:
        if error.store != _AREA:
            raise
        mend = f"Is it running? RUSHCART_DATABASE_READ_URL says where it is, and who we are. {_INSTEAD}"
        return [doubtful(_AREA, "it does not answer", mend)]
    found = good(_AREA, f"it had what the primary has after {lag * 1000:.0f} ms")
    if is_read_only:
        return [found]
    return [found, doubtful(_AREA, "it takes writes", "Set read_only to ON there.")]
