"""What an order is charged beside its lines: shipping by zone and rate, tax by region and class of product."""
