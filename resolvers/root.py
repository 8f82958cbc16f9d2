"""The roots of the schema: one line an area."""

from strawberry.tools import merge_types

from resolvers.admin.mutations import AdminMutation
from resolvers.admin.queries import AdminQuery
from resolvers.admin.role_mutations import CustomRoleMutation, CustomRoleQuery
from resolvers.admin.token_mutations import TokenMutation
from resolvers.admin.token_queries import TokenQuery
from resolvers.cart.mutations import CartMutation
from resolvers.cart.queries import CartQuery
from resolvers.catalog.bulk_mutations import BulkMutation
from resolvers.catalog.category_mutations import CategoryMutation
from resolvers.catalog.image_mutations import ImageMutation
from resolvers.catalog.mutations import CatalogMutation
from resolvers.catalog.queries import CatalogQuery
from resolvers.catalog.variant_mutations import VariantMutation
from resolvers.charges.mutations import ChargesMutation
from resolvers.charges.queries import ChargesQuery
from resolvers.checkout.mutations import CheckoutMutation
from resolvers.checkout.queries import CheckoutQuery
from resolvers.discount.mutations import DiscountMutation, DiscountQuery
from resolvers.draft.mutations import DraftOrderMutation
from resolvers.draft.queries import DraftOrderQuery
from resolvers.flash_sale.group_terms import GroupTermsMutation
from resolvers.flash_sale.mutations import FlashSaleMutation
from resolvers.flash_sale.queries import FlashSaleQuery
from resolvers.flash_sale.subscriptions import FlashSaleSubscription
from resolvers.job.mutations import JobMutation, JobQuery
from resolvers.metadata.mutations import MetadataMutation, MetadataQuery
from resolvers.order.arm import ArmMutation
from resolvers.order.bulk_mutations import BulkOrderMutation
from resolvers.order.change_mutation import OrderChangeMutation
from resolvers.order.line_mutations import OrderLineMutation
from resolvers.order.mutations import OrderMutation
from resolvers.order.queries import OrderQuery
from resolvers.order.subscriptions import OrderSubscription
from resolvers.payment.mutations import PaymentMutation
from resolvers.payment.queries import PaymentQuery
from resolvers.price_list.mutations import PriceListMutation, PriceListQuery
from resolvers.shared import enum_words  # noqa: F401 - what enums mean
from resolvers.shared.node import NodeQuery
from resolvers.shop.queries import ShopQuery
from resolvers.stock.mutations import StockMutation
from resolvers.stock.queries import StockQuery
from resolvers.user.account_mutations import AccountMutation
from resolvers.user.address_mutations import AddressMutation
from resolvers.user.group_mutations import GroupMutation, GroupQuery
from resolvers.user.guest_mutations import GuestMutation
from resolvers.user.identity_mutations import IdentityMutation
from resolvers.user.identity_queries import IdentityQuery
from resolvers.user.mutations import UserMutation
from resolvers.user.queries import UserQuery
from resolvers.user.session_mutations import SessionMutation
from resolvers.waiting_room.mutations import WaitingRoomMutation
from resolvers.waiting_room.queries import WaitingRoomQuery
from resolvers.waiting_room.subscriptions import WaitingRoomSubscription
from resolvers.webhook.mutations import WebhookMutation
from resolvers.webhook.queries import WebhookQuery

Query = merge_types(
    "Query",
    (
        NodeQuery,
        ShopQuery,
        UserQuery,
        IdentityQuery,
        GroupQuery,
        CatalogQuery,
        PriceListQuery,
        MetadataQuery,
        StockQuery,
        CartQuery,
        ChargesQuery,
        CheckoutQuery,
        DiscountQuery,
        FlashSaleQuery,
        WaitingRoomQuery,
        OrderQuery,
        DraftOrderQuery,
        PaymentQuery,
        JobQuery,
        WebhookQuery,
        AdminQuery,
        CustomRoleQuery,
        TokenQuery,
    ),
)
Mutation = merge_types(
    "Mutation",
    (
        UserMutation,
        AccountMutation,
        GuestMutation,
        GroupMutation,
        AddressMutation,
        SessionMutation,
        IdentityMutation,
        CatalogMutation,
        VariantMutation,
        PriceListMutation,
        ImageMutation,
        CategoryMutation,
        BulkMutation,
        MetadataMutation,
        BulkOrderMutation,
        StockMutation,
        CartMutation,
        ChargesMutation,
        CheckoutMutation,
        DiscountMutation,
        FlashSaleMutation,
        GroupTermsMutation,
        WaitingRoomMutation,
        ArmMutation,
        OrderMutation,
        OrderLineMutation,
        OrderChangeMutation,
        DraftOrderMutation,
        PaymentMutation,
        JobMutation,
        WebhookMutation,
        AdminMutation,
        CustomRoleMutation,
        TokenMutation,
    ),
)
Subscription = merge_types("Subscription", (OrderSubscription, FlashSaleSubscription, WaitingRoomSubscription))

# Types that no field names, only ``node``.
TYPES: tuple[type, ...] = ()
