"""The store's queries: one .sql file each, values as named server-side parameters."""

from functools import cache
from pathlib import Path


@cache
def query(name: str) -> str:
    """Give the text of a query."""
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
