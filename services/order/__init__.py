"""Orders, from the first click to the last parcel (docs/order-pipeline.md).

``place_flash_order`` reserves and publishes, in the API; ``persist_orders`` writes a batch, in the worker;
``pay_order``, ``create_shipment``, ``complete_order``, ``cancel_order``, ``expire_orders`` and ``refund_order``
change its state; the rest reads. An order of a cart comes from ``services/checkout/checkout.py``.
"""
