"""Every setting of Rushcart: environment variables with the prefix ``RUSHCART_``, one file a group.

The plumbing's are ``settings.port``, those of commerce ``settings.shop.cart_lines``.
"""

from settings.settings import Settings, get_settings

__all__ = ["Settings", "get_settings"]
