"""The demo shop: accounts, a catalog and a sale that runs, so that a new server has something to sell."""
