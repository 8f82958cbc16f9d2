"""A row of each table, with values that are hard to keep."""

from datetime import UTC, datetime, timedelta

from infra.ids import new_id
from models import (
    AccountToken,
    Address,
    AuditEntry,
    Barrier,
    Base,
    Cart,
    CartItem,
    Category,
    DeliveryState,
    DiscountCode,
    DiscountKind,
    DiscountUse,
    DiscountUseState,
    FlashSale,
    FlashSaleItem,
    HoldState,
    IdempotencyKey,
    Identity,
    Image,
    InboxEvent,
    InboxState,
    ListingName,
    MailKind,
    MediaFile,
    MoneyCause,
    MoneyEntry,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    OutboxMessage,
    Payment,
    PaymentProblem,
    PaymentStatus,
    Product,
    ProductListing,
    QueuedMail,
    Quote,
    RefreshSession,
    Refund,
    RefundState,
    Role,
    Saga,
    SagaState,
    SaleTicket,
    SandboxCharge,
    SandboxEvent,
    SchemaSupport,
    SearchDocument,
    SearchPosting,
    SearchText,
    ServiceToken,
    Shipment,
    ShipmentLine,
    SlugRedirect,
    StaffRole,
    StockCause,
    StockEntry,
    StockHold,
    StockLevel,
    StockThreshold,
    User,
    Variant,
    VariantPrice,
    WaitingRoom,
    Warehouse,
    WebhookDelivery,
    WebhookEndpoint,
)

MOMENT = datetime(2026, 11, 27, 23, 59, 59, 123457, UTC)
SKU = "Grün-Å-👟-001"
HASH = "f" * 64


def catalog() -> list[Base]:
    category = Category(id=new_id(), slug="shoes", name="Schuhe", parent_id=None)
    child = Category(id=new_id(), slug="running-shoes", name="Laufschuhe", parent_id=category.id)
    product = Product(
        id=new_id(),
        slug="grun-a",
        seo_title="Grün 👟",
        option_names=["Größe", "日本"],
        title="Grün Å",
        description="<p>" + "ß👟" * 5000 + "</p>",
        vendor="Ümlaut & Söhne",
        tags=["neu", "日本", 'a "quote"'],
        category_id=child.id,
        min_price=2**40,
        max_price=2**40 + 1,
        currency="EUR",
        created_at=MOMENT,
        updated_at=MOMENT,
    )
    variant = Variant(
        id=new_id(),
        product_id=product.id,
        sku=SKU,
        title="42",
        options={"Größe": "42"},
        price=2**40,
        currency="EUR",
        position=1,
    )
    file = MediaFile(
        name="f" * 64 + ".webp",
        bytes=2**40,
        width=10_000,
        height=1,
        thumbnails=[160, 1024],
        used_at=MOMENT,
        doomed_at=MOMENT,
    )
    image = Image(
        id=new_id(),
        product_id=product.id,
        url="https://x/" + "y" * 2038,
        position=1,
        media_name=file.name,
        width=10_000,
        height=1,
        thumbnails=[160, 1024],
    )
    price = VariantPrice(variant_id=variant.id, currency="JPY", amount=2**40, compare_at=2**41)
    old_slug = SlugRedirect(slug="grun", product_id=product.id, created_at=MOMENT)
    return [category, child, product, variant, file, image, price, old_slug]


def sale_of(variant: Variant) -> list[Base]:
    sale = FlashSale(
        id=new_id(),
        name="Schwarzer Freitag",
        starts_at=MOMENT,
        ends_at=MOMENT + timedelta(hours=1),
        created_at=MOMENT,
    )
    item = FlashSaleItem(
        id=new_id(),
        sale_id=sale.id,
        variant_id=variant.id,
        sku=variant.sku,
        price=1,
        currency="EUR",
        quantity=100,
        remaining=100,
        per_customer_limit=2,
    )
    room = WaitingRoom(sale_id=sale.id, admit_per_second=5, entered=1, base_count=0, base_at=MOMENT)
    ticket = SaleTicket(sale_id=sale.id, customer_id=new_id(), position=1, entered_at=MOMENT)
    return [sale, item, room, ticket]


def order() -> list[Base]:
    made = Order(
        id=new_id(),
        number="R-0000-0000-0000",
        customer_id=new_id(),
        status=OrderStatus.AWAITING_PAYMENT,
        total=2**40,
        currency="EUR",
        idempotency_key="k" * 128,
        fingerprint=HASH,
        shipping_address={"recipient": "Ada 👩‍💻", "line2": None, "isDefault": True},
        placed_at=MOMENT,
        expires_at=None,
        updated_at=MOMENT,
    )
    line = OrderLine(
        id=new_id(),
        order_id=made.id,
        position=1,
        sku=SKU,
        variant_id=new_id(),
        title="Grün",
        quantity=1,
        unit_price=2**40,
    )
    event = OrderEvent(
        id=new_id(), order_id=made.id, status=OrderStatus.AWAITING_PAYMENT, actor="worker", note=None, at=MOMENT
    )
    parcel = Shipment(id=new_id(), order_id=made.id, carrier="Köln", tracking_number="RR ", actor="x", at=MOMENT)
    packed = ShipmentLine(shipment_id=parcel.id, line_id=line.id, quantity=1)
    return [made, line, event, parcel, packed]


def stock() -> list[Base]:
    warehouse = Warehouse(
        id=new_id(), code="Köln ", name="Köln 👟", priority=1, active=True, created_at=MOMENT, updated_at=MOMENT
    )
    counts = {"on_hand": 10, "available": 4, "set_aside": 3, "held": 2, "committed": 1}
    level = StockLevel(sku=SKU, warehouse_id=warehouse.id, updated_at=MOMENT, **counts)
    entry = StockEntry(
        id=new_id(),
        sku=SKU,
        warehouse_id=warehouse.id,
        cause=StockCause.HELD,
        available=-1,
        held=1,
        actor="worker",
        reference=new_id(),
        document="Lieferschein 7",
        at=MOMENT,
    )
    hold = StockHold(
        order_id=new_id(),
        sku=SKU,
        warehouse_id=warehouse.id,
        quantity=2,
        state=HoldState.HELD,
        created_at=MOMENT,
        updated_at=MOMENT,
    )
    threshold = StockThreshold(sku=SKU, units=3, is_low=False, updated_at=MOMENT)
    return [warehouse, level, entry, hold, threshold]


def cart() -> list[Base]:
    made = Cart(
        id=new_id(),
        token_hash=HASH,
        currency="EUR",
        version=2**31 - 1,
        life="f" * 16,
        created_at=MOMENT,
        updated_at=MOMENT,
        expires_at=MOMENT,
    )
    item = CartItem(
        id=new_id(),
        cart_id=made.id,
        variant_id=new_id(),
        sku=SKU,
        title="Grün / 42 👟",
        quantity=1,
        selected=True,
        price=2**40,
        added_at=MOMENT,
    )
    return [made, item]


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
    quote = Quote(
        id=new_id(), customer_id=new_id(), data={"order": "Grün 👟"}, created_at=MOMENT, expires_at=MOMENT
    )
    support = SchemaSupport(id=2, oldest="0022")  # the first is there from the migration
    return [barrier, key, outbox, saga, code, use, quote, support]


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


def mail() -> list[Base]:
    waiting = QueuedMail(
        id=new_id(),
        user_id=new_id(),
        kind=MailKind.EMAIL_CHANGED,
        recipient="ada@example.org",
        locale="zh-Hans",
        data={"name": "Ada 👩‍💻"},
        created_at=MOMENT,
        due_at=MOMENT,
        attempts=0,
        failed_at=None,
        reason=None,
    )
    return [waiting]


def user(email: str = "ada@example.org") -> User:
    return User(
        id=new_id(),
        email=email,
        display_name="Ada 👩‍💻",
        password_hash="$argon2id$…",
        roles=[Role.CUSTOMER],
        created_at=MOMENT,
    )


def account() -> list[Base]:
    owner = user()
    address = Address(
        id=new_id(),
        user_id=owner.id,
        recipient="Ada 👩‍💻",
        phone="+49 30 1",
        line1="Straße 1",
        city="Köln",
        country_code="DE",
        is_default=True,
        created_at=MOMENT,
    )
    identity = Identity(
        id=new_id(), user_id=owner.id, provider="one", issuer="https://i", subject="s" * 255, created_at=MOMENT
    )
    mailed = AccountToken(
        id=new_id(),
        user_id=owner.id,
        purpose="RESET_PASSWORD",
        token_hash=HASH,
        data={"email": "neu@example.org"},
        created_at=MOMENT,
        expires_at=MOMENT,
    )
    staff = StaffRole(role=Role.STAFF, user_id=owner.id)
    return [owner, staff, address, identity, mailed, *access(owner)]


def access(owner: User) -> list[Base]:
    session = RefreshSession(
        id=new_id(),
        user_id=owner.id,
        token_hash=HASH,
        device="Ø-Browser",
        ip="::1",
        created_at=MOMENT,
        last_used_at=MOMENT,
        expires_at=MOMENT,
    )
    machine = ServiceToken(
        id=new_id(),
        name="Lager",
        token_hash=HASH,
        roles=[Role.STAFF],
        scopes=["products"],
        created_by="cli",
        created_at=MOMENT,
    )
    entry = AuditEntry(id=new_id(), at=MOMENT, action="LOGIN", outcome="OK", details={"why": "weil"})
    return [session, machine, entry]


def search() -> list[Base]:
    product_id, most = new_id(), 2**63 - 1
    place = {"product_id": product_id, "min_amount": 0, "max_amount": most, "title_key": "日本 👟 "}
    texts = {"title": " 日本 👟 ".encode(), "labels": b""}
    return [
        ProductListing(list_id=most, **place),
        ListingName(list_id=most, name="Ümlaut 👟"),
        SearchPosting(term_id=most, level=6, product_id=product_id),
        SearchDocument(version=1, updated_at=MOMENT, made_by=1, **place, **texts),
        SearchText(product_id=product_id, body=b"\xff" * 65_535, terms=bytes(range(256)) * 200),
    ]


def a_row_of_each() -> list[Base]:
    shelf = catalog()
    variant = next(row for row in shelf if isinstance(row, Variant))
    return [
        *shelf,
        *sale_of(variant),
        *order(),
        *cart(),
        *stock(),
        *messaging(),
        *money(),
        *mail(),
        *account(),
        *search(),
    ]
