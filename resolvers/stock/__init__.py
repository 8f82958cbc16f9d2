"""Stock for staff: warehouses, levels, the ledger, and what changes them."""
