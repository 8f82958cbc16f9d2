"""Flash sales: scheduled, changed, paused, ended, settled; their counters loaded into Redis (docs/flash-sales.md).

Orders are placed elsewhere: ``services/order/place_flash_order.py`` reserves by ``services/reservation`` and
publishes; ``services/order/persist_orders.py`` puts them into the database.
"""
