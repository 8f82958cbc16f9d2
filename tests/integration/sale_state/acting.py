"""What staff do to a sale."""

from infra.runtime import Infra
from models.flash_sale_document import FlashItemDoc
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.states import SaleAction


async def act(infra: Infra, item: FlashItemDoc, action: SaleAction, version: int | None = None) -> None:
    await change_state(infra, StateChange(item.sale_id, action, version))
