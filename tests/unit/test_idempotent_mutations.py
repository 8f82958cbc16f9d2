"""Each mutation that moves stock or money can be sent again: by its key, or because of what it is."""

from typing import Final

from graphql import GraphQLInputObjectType, get_named_type

from graphql_api.schema import build_schema

BY_KEY: Final = {
    *(
        "armFlashOrder",
        "placeFlashOrder",
        "cancelOrder",
        "checkout",
        "createShipment",
        "completeOrder",
        "addOrderNote",
    ),
    *("receiveStock", "adjustStock", "moveStock", "countStock", "setLowStockThreshold"),
    *("cancelOrderLines", "refundOrderLines", "changeOrder"),
    *("createDraftOrder", "changeDraftOrder", "placeDraftOrder", "deleteDraftOrder"),
    *("createPayment", "capturePayment", "refundPayment", "payOrderByLink"),
    *("createWarehouse", "updateWarehouse", "addCartItem", "scheduleFlashSale"),
    *("createShippingZone", "changeShippingZone", "deleteShippingZone"),
    *("startProductImport", "startStockImport", "startProductExport", "startOrderExport"),
    *("createCustomerGroup", "createPriceList", "createTaxRegion", "changeTaxRegion", "deleteTaxRegion"),
    *("createMetadataDefinition", "setMetadata", "deleteMetadata"),
}
BY_NATURE: Final = {
    "createProduct": "a SKU is taken once",
    "createVariant": "a SKU is taken once",
    "bulkCreateProducts": "a SKU is taken once",
    "changeFlashSale": "what is so already is left alone",
    "pauseFlashSale": "what is so already is left alone",
    "resumeFlashSale": "what is so already is left alone",
    "endFlashSale": "what is so already is left alone",
    "cancelFlashSale": "what is so already is left alone",
}


def test_keys_are_where_they_must_be() -> None:
    mutations = build_schema()._schema.mutation_type
    assert mutations is not None
    keyed = set()
    for name, field in mutations.fields.items():
        given = get_named_type(field.args["input"].type)
        assert isinstance(given, GraphQLInputObjectType)
        if "idempotencyKey" in given.fields:
            keyed.add(name)
    assert keyed == BY_KEY
    assert mutations.fields.keys() >= BY_NATURE.keys()
