"""Count tokens that are nobody's, by the address that sends them: whoever sends many is guessing, and waits."""

from infra.runtime import Infra
from services.shared.client import Client
from services.shared.rate_limits import WRONG_TOKENS, give_back, is_own, spend


async def count_wrong_token(infra: Infra, client: Client) -> None:
    """Count a token that is wrong, or may be: then before it is looked up. Errors: RateLimited."""
    if not is_own(client.ip):
        await spend(infra, WRONG_TOKENS, client.network, exact=True)


async def forgive_token(infra: Infra, client: Client) -> None:
    """Undo one count: the token was right."""
    if not is_own(client.ip):
        await give_back(infra, WRONG_TOKENS, client.network)
