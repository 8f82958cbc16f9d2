"""When there is something to do for a loop, by its name, as an expression of the moment. The others run anyway."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, or_

from models import Product, User
from services.bulk_job import rows
from services.cart import tell_carts
from services.catalog.follow_stock import any_moved
from services.flash_sale import close_due_sales
from services.flash_sale.apply_sale import any_changed
from services.flash_sale.settle_sales import any_closed
from services.mail import send_due_mails
from services.order import expire_due_orders
from services.payment import charge_armed, check_payments, forget_set_ups, send_refunds
from services.payment.sandbox import send_events
from services.saga import resume_sagas
from services.shared import outbox, tell_rows
from services.stock import tell_stock
from services.webhook import delivery_sender

CONDITIONS: Final[dict[str, Callable[[Any], ColumnElement[bool]]]] = {
    "outbox": outbox.QUEUE.any_due,
    "sweep": expire_due_orders.any_due,
    "sales": lambda now: or_(close_due_sales.any_due(now), any_changed()),
    "settlement": lambda _: any_closed(),
    "index_stock": lambda _: any_moved(),
    "shop_events": lambda now: or_(tell_rows.any_due(Product, now), tell_rows.any_due(User, now)),
    "cart_events": tell_carts.any_due,
    "stock_events": tell_stock.any_due,
    "sagas": resume_sagas.QUEUE.any_due,
    "refunds": send_refunds.QUEUE.any_due,
    "payments": check_payments.QUEUE.any_due,
    "armed": charge_armed.QUEUE.any_due,
    "set_ups": forget_set_ups.QUEUE.any_due,
    "sandbox": send_events.QUEUE.any_due,
    "deliveries": delivery_sender.QUEUE.any_due,
    "bulk_jobs": rows.QUEUE.any_due,
    "mail": send_due_mails.QUEUE.any_due,
}
