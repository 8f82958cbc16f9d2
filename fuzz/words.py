"""Values to draw from: first what is likely, then the ends of what is possible, then what a type cannot be."""

from typing import Final

LIKELY_INTS: Final = (1, 1, 2, 2, 3, 5, 10, 20)
INTS: Final = (0, -1, 50, 100, 101, 365, 1_000, 10**6, 2**31 - 1, -(2**31))
FLOATS: Final = (0.0, -0.0, 1.5, -1.0, 1e308, 5e-324)
LIKELY_DECIMALS: Final = ("9.90", "1", "0.50", "20")
DECIMALS: Final = (
    *("0", "0.00", "0.001", "-1", "1e3", "1E+30", "1e-30", "99999999999999999999", "9" * 400),
    *("92233720368547758.07", "92233720368547758.08", "1e999999999"),
)
TIMES: Final = (
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999Z"),
    *("9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z", "2026-12-30T12:00:00+05:30"),
    *("2027-03-28T02:30:00Z", "2038-01-19T03:14:08Z", "2024-02-29T00:00:00Z"),
)
DATES: Final = ("0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31", "2026-11-30", "2026-12-01", "1970-01-01")
STRINGS: Final = (
    *("", " ", "x", "Ada", "ada@example.com", "de", "0", "-1", "NaN", "null", "true", "1e999", "0x10"),
    *("' OR '1'='1", "%", "_", "\\", "*", '"', "=", "-", "--", ".", "@", "x@y", "../../x", "a.b.c"),
    *("a" * 64, "a" * 256, "é" * 300, "x" * 5_000, "\u0000", "a\u0000b", "\n\r\t", "\u202eevil", "\ufdfa" * 20),
    *("👩‍👩‍👧‍👦" * 30, "ﬁ", "İ", "ß", "١٢٣", "１２", "½", "javascript:x", "data:,x", "http://127.0.0.1:9/"),
    *("Bearer x", "rushcart_x", "AAAA", "eyJhIjoxfQ", "e30", "bnVsbA==", "WzFd", "WzFlOTk5LDFd"),
)
LIKELY: Final[dict[str, tuple[str, ...]]] = {
    "currency": ("USD", "USD", "USD", "EUR", "JPY", "KWD"),
    "country": ("DE", "DE", "DE", "US", "JP"),
    "email": ("ada@example.com", "early@example.com"),
    "password": ("correct horse battery staple",),
    "title": ("Red tee", "夜市"),
    "name": ("Ada Lovelace", "North"),
    "recipient": ("Ada Lovelace",),
    "search": ("tee", "red tee", "ru"),
    "slug": ("red-tee",),
    "sku": ("RUSH-TEE",),
    "code": ("SPRING10",),
    "locale": ("en", "zh-hans"),
    "provider": ("manual", "manual", "sandbox"),
    "url": ("http://127.0.0.1:9/hook", "https://shop.example/a.png"),
    "note": ("Damaged",),
    "reason": ("Damaged",),
    "carrier": ("DHL",),
    "tracking": ("JD0140",),
    "line1": ("1 Main Street",),
    "city": ("Berlin",),
    "postalcode": ("10115",),
    "phone": ("+49 30 1234567",),
    "value": ("Red", "M"),
    "description": ("Soft.",),
    "vendor": ("acme",),
    "tags": ("new",),
}
"""By what a field's name has in it. Nothing here leads out of this machine: .example has no addresses."""
BAD: Final[dict[str, tuple[object, ...]]] = {
    "Int": (2**31, 1.5, "1", True),
    "Float": ("x", True),
    "Boolean": ("true", 1),
    "String": (1, ["x"], {"a": 1}),
    "ID": (1.5, ["x"], {}),
    "Decimal": ("NaN", "Infinity", "-Infinity", "x", "", 1.5, "1_0", "0x1"),
    "DateTime": ("0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "now", "", 0),
    "Date": ("0000-01-01", "2026-02-30", "today", "", 20261130, "2026-W01-1", "20261130"),
}
