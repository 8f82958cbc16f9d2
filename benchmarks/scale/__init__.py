"""How the parts grow: what an order costs in each of them, by how many of them there are."""
