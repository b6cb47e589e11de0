"""Money for people: minor units in the currency's own unit."""

from typing import Final

from pipeline.cli.render import plain

_DIGITS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0),
    **dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits after the point, where they are not two (ISO 4217)."""


def money(minor: int, currency: str) -> str:
    """4900 EUR as "49.00 EUR"; without a currency the minor units as they are."""
    if not currency:
        return f"{minor:,} minor units"
    digits = _DIGITS.get(currency, 2)
    whole, rest = divmod(abs(minor), 10**digits)
    point = f".{rest:0{digits}}" if digits else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{point} {plain(currency)}"
