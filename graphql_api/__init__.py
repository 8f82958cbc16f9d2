"""HTTP and GraphQL transport: the app, the schema, who is asking, limits, errors."""
