"""A stranger buys what is left of a running sale: ``python examples/python_buyer/buy.py http://127.0.0.1:8000``."""

import asyncio
import secrets
import sys

from rushcart_client import OutOfStock, PurchaseLimitReached, Rushcart


async def buy(url: str) -> None:
    async with Rushcart(url) as shop:
        me = await shop.sign_up(f"{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(16), "A stranger")
        print(f"signed up as {me.email}")
        for sale in await shop.running_sales():
            print(f"{sale.name} runs until {sale.ends_at:%H:%M:%S}")
            for item in sale.items:
                price = f"{item.price.amount} {item.price.currency_code}"
                try:
                    order = await shop.buy(item.id)
                except OutOfStock:
                    print(f"  {item.variant.title}, {price}: sold out")
                except PurchaseLimitReached as refused:
                    print(f"  {item.variant.title}, {price}: only {refused.limit} each")
                else:
                    print(f"  {item.variant.title}, {price}: order {order.number} is {order.status}")
                    return


if __name__ == "__main__":
    asyncio.run(buy(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"))
