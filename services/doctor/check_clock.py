"""Clocks must agree: tokens, sales and time-outs go by them."""

from datetime import datetime

from services.doctor.finding import Finding, doubtful, good, wrong

_BAD = 5.0
_DOUBTFUL = 1.0


def check_clock(area: str, theirs: datetime, ours: datetime) -> Finding:
    seconds = abs((theirs - ours).total_seconds())
    told = f"its clock is {seconds:.2f} s from this machine's"
    mend = "Let NTP set the clocks of both machines."
    if seconds > _BAD:
        return wrong(area, told, mend)
    return doubtful(area, told, mend) if seconds > _DOUBTFUL else good(area, told)
