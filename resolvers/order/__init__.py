"""Orders in the schema: ``placeFlashOrder``, and what becomes of an order; ``checkout`` has its own folder."""
