"""What is sold, and to whom."""

from datetime import timedelta

from infra.ids import new_id
from models import (
    Base,
    Cart,
    CartItem,
    Category,
    CustomerGroup,
    DraftOrder,
    FirstFill,
    FlashSale,
    FlashSaleItem,
    HoldState,
    Image,
    ListedPrice,
    ListingName,
    MediaFile,
    Order,
    OrderEvent,
    OrderLine,
    OrderLink,
    OrderStatus,
    OrderTag,
    PriceList,
    PriceListGroup,
    Product,
    ProductListing,
    SaleTicket,
    SearchDocument,
    SearchPosting,
    SearchText,
    Shipment,
    ShipmentLine,
    ShippingZone,
    SlugRedirect,
    StockCause,
    StockEntry,
    StockHold,
    StockLevel,
    StockThreshold,
    TaxRegion,
    Variant,
    VariantPrice,
    WaitingRoom,
    Warehouse,
)
from tests.integration.rows.hard import HASH, MOMENT, SKU


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


def price_list(variant: Variant, group: CustomerGroup) -> list[Base]:
    kept = PriceList(id=new_id(), name="Händler 📦", starts_at=MOMENT, version=1, created_at=MOMENT)
    price = ListedPrice(price_list_id=kept.id, variant_id=variant.id, currency="JPY", amount=2**40)
    return [kept, PriceListGroup(group_id=group.id, price_list_id=kept.id), price]


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
    draft = DraftOrder(
        id=new_id(),
        customer_id=new_id(),
        currency="EUR",
        total=2**40,
        data={"note": "Grün 👟"},
        version=2,
        order_id=None,
        actor="user:1",
        created_at=MOMENT,
        updated_at=MOMENT,
    )
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
    link = OrderLink(token_hash=HASH, order_id=made.id, created_at=MOMENT, expires_at=MOMENT)
    tag = OrderTag(tag="größe ", order_id=made.id)
    return [draft, made, line, event, parcel, packed, link, tag]


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


def charges() -> list[Base]:
    times = {"created_at": MOMENT, "updated_at": MOMENT}
    rates = {"standard": 88_750, "reduced": 0}
    both = {"inclusive": True, "on_shipping": False, "rounding": "ORDER", "half": "EVEN", "version": 1}
    return [
        ShippingZone(id=new_id(), name="Föhr 🏝", places=[{"country": "DE"}], rates=[], version=1, **times),
        TaxRegion(id=new_id(), country="US", state="CA", rates=rates, **both, **times),
        TaxRegion(id=new_id(), country="US", state="ca", rates=rates, **both, **times),
        FirstFill(name="shipping", at=MOMENT),
    ]
