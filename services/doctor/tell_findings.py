"""What the doctor would say, said by each process that starts: nobody may ever ask the doctor."""

import structlog

from infra.runtime import Infra
from services.doctor.examine import examine
from services.doctor.finding import Level

log = structlog.get_logger(__name__)


async def tell_findings(infra: Infra) -> None:
    """Log what is wrong as a warning, and what is doubtful for who reads along. A start never fails by it."""
    try:
        found = await examine(infra)
    except Exception:
        log.exception("doctor.failed")
        return
    for finding in found:
        told = {"area": finding.area, "what": finding.what, "mend": finding.mend}
        if finding.level is Level.WRONG:
            log.warning("doctor.wrong", **told)
        elif finding.level is Level.DOUBTFUL:
            log.info("doctor.doubtful", **told)
