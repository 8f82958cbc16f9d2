"""What a gateway asks of a subgraph: https://www.apollographql.com/docs/federation/subgraph-spec."""
