"""Tell of accounts that were changed, each as it is then, and of those that were closed."""

from infra.runtime import Infra
from models import User
from models.told_later import Telling
from services.shared.shop_events import CustomerCreated, CustomerErased, CustomerUpdated
from services.shared.tell_rows import tell_rows


async def tell_customers(infra: Infra) -> int:
    """Tell of a batch of accounts; returns how many. Errors: StoreUnavailable."""
    return await tell_rows(infra, User, _event)


def _event(row: User) -> CustomerCreated | CustomerUpdated | CustomerErased:
    if row.closed_at is not None:
        return CustomerErased(row.id)
    kind = CustomerCreated if row.tell_as == Telling.CREATED else CustomerUpdated
    is_verified, is_locked = row.email_verified_at is not None, row.locked_at is not None
    return kind(row.id, row.created_at, is_verified, is_locked, tuple(row.tags or ()))
