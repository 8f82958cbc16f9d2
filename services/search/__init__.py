"""Search in the catalog: the port, and the index in the database."""
