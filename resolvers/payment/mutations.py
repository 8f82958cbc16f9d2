"""Pay orders, take what is held, give money back."""

from decimal import Decimal

import strawberry

from infra.ranked_turns import Rank
from models import Payment as PaymentRow
from models.enums import Role, Scope
from resolvers.payment.types import CapturePaymentResult, CreatePaymentResult, Payment, RefundPaymentResult
from resolvers.shared.asked import asked_by
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.words import IDEMPOTENCY_KEY, ORDER_ID, PAYMENT_ID
from services.order.find_by_link import find_by_link
from services.payment.capture_payment import capture_payment
from services.payment.create_payment import PaymentWish, create_payment
from services.payment.refund_payment import RefundWish, refund_payment
from services.shared.errors import NotFound


@strawberry.input(description="An order to be paid.")
class CreatePaymentInput:
    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    provider: str | None = strawberry.field(default=None, description="Left out: the shop's first one.")
    return_url: str | None = strawberry.field(
        default=None,
        description="Where the customer goes from the provider's page: an address of the storefront's.",
    )


@strawberry.input(description="An order to be paid by whoever has its secret link.")
class PayOrderByLinkInput:
    token: str = strawberry.field(description="What is after #token= in the link.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    provider: str | None = strawberry.field(default=None, description="Left out: the shop's first one.")
    return_url: str | None = strawberry.field(
        default=None,
        description="Where the customer goes from the provider's page: an address of the storefront's.",
    )


@strawberry.input(description="A payment of which the money is there, or is to be taken.")
class CapturePaymentInput:
    payment_id: strawberry.ID = strawberry.field(description=PAYMENT_ID)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="Money to be given back.")
class RefundPaymentInput:
    payment_id: strawberry.ID = strawberry.field(description=PAYMENT_ID)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    amount: Decimal | None = strawberry.field(default=None, description="Left out: all that is left.")
    reason: str | None = strawberry.field(default=None, description="Why, for staff and the provider.")


@strawberry.type
class PaymentMutation:
    @mutation(
        Role.GUEST,
        scope=Scope.ORDERS_WRITE,
        description="Begin to pay an order. It has one payment at a time: asked again, this is the answer; with "
        "another provider, the one before is cancelled. Staff begin one of `manual` also of an order that has "
        "expired or was cancelled, to note money that came all the same.",
        rank=Rank.FINISH,
    )
    async def create_payment(self, info: Info, input: CreatePaymentInput) -> CreatePaymentResult:
        viewer, context = signed_in(info), info.context
        wish = PaymentWish(
            customer_id=viewer.user_id,
            order_id=input_id(input.order_id, "Order", "orderId"),
            provider=input.provider,
            return_url=input.return_url,
            idempotency_key=input.idempotency_key,
            base_url=context.base_url,
            any_owner=viewer.may(Role.STAFF, Scope.ORDERS_WRITE),
        )
        return _changed(info, await create_payment(context.infra, wish))

    @mutation(description="Begin to pay the order of a secret link, as createPayment does.", rank=Rank.FINISH)
    async def pay_order_by_link(self, info: Info, input: PayOrderByLinkInput) -> CreatePaymentResult:
        context = info.context
        order = await find_by_link(context.infra, input.token, context.client)
        if order is None:
            raise NotFound("There is no such order.")
        wish = PaymentWish(
            customer_id=order.customer_id,
            order_id=order.id,
            provider=input.provider,
            return_url=input.return_url,
            idempotency_key=input.idempotency_key,
            base_url=context.base_url,
        )
        return _changed(info, await create_payment(context.infra, wish))

    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_WRITE,
        description="Take the money that is held, or note that it has come (provider manual): the order is paid. "
        "What came too late for its order is noted and goes back.",
    )
    async def capture_payment(self, info: Info, input: CapturePaymentInput) -> CapturePaymentResult:
        payment_id = input_id(input.payment_id, "Payment", "paymentId")
        asked = asked_by(info, input.idempotency_key)
        return _changed(info, await capture_payment(info.context.infra, payment_id, asked))

    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_REFUND,
        description="Give money back. An order of which all was given back is REFUNDED, and its stock free again "
        "if nothing is shipped.",
    )
    async def refund_payment(self, info: Info, input: RefundPaymentInput) -> RefundPaymentResult:
        wish = RefundWish(input_id(input.payment_id, "Payment", "paymentId"), input.amount, input.reason)
        return _changed(
            info, await refund_payment(info.context.infra, wish, asked_by(info, input.idempotency_key))
        )


def _changed(info: Info, payment: PaymentRow) -> Payment:
    info.context.loaders.forget_orders()
    return Payment.of(payment)
