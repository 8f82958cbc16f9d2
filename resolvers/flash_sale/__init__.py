"""Flash sales in the schema: staff schedule and change them, everybody sees them and what remains.

A flash order is an order: ``placeFlashOrder`` is in ``resolvers/order/mutations.py``, its verb in
``services/order/place_flash_order.py``, the units in ``services/reservation``.
"""
