"""Try a code that a customer gives: whoever gives many wrong ones is guessing, and waits."""

from uuid import UUID

from infra.runtime import Infra
from services.discount.find_code import FoundCode, find_code
from services.shared.client import Client
from services.shared.rate_limits import WRONG_CODES, WRONG_CODES_BY_ADDRESS, give_back, is_own, spend


async def try_code(
    infra: Infra, given: str, currency: str, customer_id: UUID, client: Client, *, for_flash: bool = False
) -> FoundCode:
    """Find a code; wrong ones are counted for the account and for the address. ``for_flash``: a use that the
    customer's last quote holds is theirs.

    Errors: InvalidInput, RateLimited, StoreUnavailable.
    """
    counts = [(WRONG_CODES, customer_id.hex)]
    if not is_own(client.ip):
        counts.append((WRONG_CODES_BY_ADDRESS, client.network))
    # Before it is looked up: of hundreds at once none is answered that the limit does not have.
    for name, key in counts:
        await spend(infra, name, key, exact=True)
    found = await find_code(infra, given, currency, customer_id if for_flash else None)
    for name, key in counts:
        await give_back(infra, name, key)
    return found
