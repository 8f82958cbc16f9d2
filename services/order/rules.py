"""What follows from an order's own numbers. Pure."""

from models.charges_document import Charges
from services.shared.allocate import allocate


def worth_of_rest(total: int, charges: Charges | None, sent: int, unsent: int, step: int = 1) -> int:
    """Returns the part of an order's total that was paid for units which are not sent, down to a multiple of
    ``step``.

    ``sent`` and ``unsent`` are what the units cost by their lines. The total is split in proportion to them after
    the discount, and to shipping, which is not given back: a parcel was sent. Tax is in each part.
    """
    if charges is None:
        goods, shipping = sent + unsent, 0
    else:
        goods = charges.subtotal - charges.discount
        shipping = (charges.shipping - charges.shipping_discount) * (sent + unsent)
    weights = {"1 sent": sent * goods, "2 unsent": unsent * goods, "3 shipping": shipping}
    if not any(weights.values()):
        return 0
    return allocate(total, weights)["2 unsent"] // step * step
