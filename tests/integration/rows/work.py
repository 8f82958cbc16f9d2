"""What is sent, sagas, and money."""

from infra.ids import new_id
from models import (
    ArmedOrder,
    ArmedState,
    Barrier,
    Base,
    BulkJob,
    DeliveryState,
    DiscountCode,
    DiscountKind,
    DiscountUse,
    DiscountUseState,
    FlashCodeHold,
    IdempotencyKey,
    InboxEvent,
    InboxState,
    ListedDocument,
    MetadataDefinition,
    MetadataEntry,
    MoneyCause,
    MoneyEntry,
    OutboxMessage,
    Payment,
    PaymentProblem,
    PaymentStatus,
    Quote,
    Refund,
    RefundState,
    Saga,
    SagaState,
    SandboxCharge,
    SandboxEvent,
    SchemaSupport,
    WebhookDelivery,
    WebhookEndpoint,
)
from models.enums import MetadataOwner, MetadataType, MetadataVisibility
from tests.integration.rows.hard import HASH, MOMENT, SKU


def job() -> BulkJob:
    return BulkJob(
        id=new_id(),
        kind="PRODUCT_IMPORT",
        state="FAILED",
        options={"currency": "EUR", "free": False},
        file_key=HASH,
        problems=[[3, "Größe", "ist „falsch“"]],
        problem_count=2**31 - 1,
        bytes_out=2**40,
        actor="user:1",
        created_at=MOMENT,
        files_until=MOMENT,
    )


def metadata() -> list[Base]:
    definition = MetadataDefinition(
        id=new_id(),
        owner=MetadataOwner.ORDER,
        key="erp.number",
        type=MetadataType.TEXT,
        visibility=MetadataVisibility.PRIVATE,
        description="Nummer im Ärchiv 👟",
        version=2,
        created_at=MOMENT,
        deleted_at=MOMENT,
    )
    return [definition, MetadataEntry(definition_id=definition.id, digest=HASH, owner_id=new_id())]


def messaging() -> list[Base]:
    barrier = Barrier(saga_id=new_id(), branch="01", operation="hold", reason="hold", created_at=MOMENT)
    key = IdempotencyKey(
        owner_id=new_id(),
        operation="placeFlashOrder",
        key="k" * 128,
        fingerprint=HASH,
        result_id=new_id(),
        created_at=MOMENT,
    )
    envelope: dict[str, object] = {"id": "1", "data": {"lines": [{"sku": SKU, "quantity": 1}], "paid": None}}
    outbox = OutboxMessage(id=new_id(), topic="orders.v1", key="1", envelope=envelope, created_at=MOMENT)
    saga = Saga(
        id=new_id(),
        kind="checkout",
        owner_id=new_id(),
        claim=new_id(),
        mark=HASH,
        state=SagaState.RUNNING,
        step=1,
        attempts=0,
        failure="OUT_OF_STOCK: Grün 👟",
        data={"order": {"title": "Grün 👟"}},
        created_at=MOMENT,
        updated_at=MOMENT,
        resume_at=MOMENT,
    )
    code = DiscountCode(
        id=new_id(),
        code="SPRING-10",
        kind=DiscountKind.AMOUNT,
        rate=1_000_000,
        amount=2**40,
        currency="EUR",
        starts_at=MOMENT,
        ends_at=MOMENT,
        max_uses=10**9,
        max_uses_per_customer=1,
        used=1,
        disabled_at=MOMENT,
        actor="user:1",
        created_at=MOMENT,
    )
    use = DiscountUse(
        order_id=new_id(),
        code_id=code.id,
        customer_id=new_id(),
        state=DiscountUseState.HELD,
        created_at=MOMENT,
        updated_at=MOMENT,
    )
    hold = FlashCodeHold(
        id=new_id(), code_id=code.id, customer_id=new_id(), sku="Grün", item_id=new_id(), expires_at=MOMENT
    )
    armed = ArmedOrder(
        id=new_id(),
        customer_id=new_id(),
        state=ArmedState.PLACED,
        quote=[[["0", 1, 1990]], "EUR", 0, None, [], None],
        provider="stripe",
        set_up="seti_1",
        method="cus_1 pm_1",
        redirect_url="https://shop.test/stripe/setups/seti_1",
        return_url="https://shop.test/",
        order_id=new_id(),
        attempts=1,
        due_at=MOMENT,
        forget_at=MOMENT,
        forget_tries=1,
        expires_at=MOMENT,
        created_at=MOMENT,
        updated_at=MOMENT,
    )
    quote = Quote(
        id=new_id(), customer_id=new_id(), data={"order": "Grün 👟"}, created_at=MOMENT, expires_at=MOMENT
    )
    support = SchemaSupport(id=2, oldest="0022")  # the first is there from the migration
    document = ListedDocument(id=HASH, name="Grün", text="query Grün { shop { name } } # 👟", loaded_at=MOMENT)
    return [barrier, key, outbox, saga, code, use, hold, armed, quote, support, document, job()]


def money() -> list[Base]:
    payment = Payment(
        id=new_id(),
        order_id=new_id(),
        customer_id=new_id(),
        live_order_id=new_id(),
        provider="sandbox",
        reference="ch_1",
        status=PaymentStatus.PARTIALLY_REFUNDED,
        amount=2**40,
        currency="EUR",
        captured=2**40,
        refunded=1,
        refunding=2**40 - 1,
        fees=3,
        pays_order=True,
        problem=PaymentProblem.WRONG_CURRENCY,
        redirect_url="https://example.org/ü",
        return_url="https://example.org/",
        checks=1,
        check_at=MOMENT,
        created_at=MOMENT,
        updated_at=MOMENT,
    )
    refund = Refund(
        id=new_id(),
        payment_id=payment.id,
        amount=2**40 - 1,
        state=RefundState.PENDING,
        reason="Grün 👟",
        actor="user:1",
        attempts=0,
        due_at=MOMENT,
        created_at=MOMENT,
        updated_at=MOMENT,
    )
    event = InboxEvent(
        provider="sandbox",
        event_id="evt_1",
        kind="charge.captured",
        state=InboxState.UNKNOWN,
        payment_id=payment.id,
        body={"charge": {"key": "Grün 👟"}},
        received_at=MOMENT,
    )
    entry = MoneyEntry(
        id=new_id(),
        posting_id=new_id(),
        account="provider:sandbox",
        cause=MoneyCause.REFUNDED,
        amount=-(2**40),
        total=2**40,
        currency="EUR",
        provider="sandbox",
        order_id=new_id(),
        payment_id=payment.id,
        at=MOMENT,
    )
    charge = SandboxCharge(
        id=new_id(),
        key=HASH,
        status=PaymentStatus.CAPTURED,
        amount=2**40,
        currency="EUR",
        captures=True,
        captured=2**40,
        refunds={"1": 5},
        return_url="https://example.org/",
        hook_url="http://127.0.0.1:1/",
        created_at=MOMENT,
    )
    endpoint = WebhookEndpoint(
        id=new_id(),
        url="https://erp.example/hook",
        types=["rushcart.order.paid.v1"],
        secret="whsec_1",
        old_secret="whsec_0",
        old_secret_until=MOMENT,
        enabled=False,
        disabled_reason="Grün 👟",
        failing_since=MOMENT,
        owner_id=new_id(),
        created_at=MOMENT,
        updated_at=MOMENT,
    )
    delivery = WebhookDelivery(
        id=new_id(),
        endpoint_id=endpoint.id,
        event_id="1",
        type="rushcart.order.paid.v1",
        body={"data": "Grün 👟"},
        state=DeliveryState.FAILED,
        attempts=11,
        status_code=500,
        answer="Grün 👟",
        due_at=MOMENT,
        created_at=MOMENT,
        updated_at=MOMENT,
    )
    hook = SandboxEvent(id=new_id(), url="http://127.0.0.1:1/", body={"id": "1"}, attempts=0, due_at=MOMENT)
    return [payment, refund, event, entry, charge, endpoint, delivery, hook]
