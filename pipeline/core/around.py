"""What surrounded an interaction: the dimensions of every metric beside channel and source.

What comes in: a context. What goes out: five texts, "" for what it does not tell.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

Around = tuple[str, str, str, str, str]
"""(country, device, app_version, campaign, experiments)."""

NOWHERE: Final[Around] = ("", "", "", "", "")
CAMPAIGN: Final = 3


def around_of(context: Mapping[str, Any]) -> Around:
    """Give the dimensions that a context tells."""
    get = context.get
    device, campaign, experiments = get("device"), get("campaign"), get("experiments")
    return (
        get("country") or "",
        (device.get("type") or "") if device else "",
        get("app_version") or "",
        "/".join([campaign.get(part) or "" for part in ("source", "medium", "name")]) if campaign else "",
        named([(each["id"], each["variation"]) for each in experiments]) if experiments else "",
    )


def named(pairs: Iterable[tuple[str, str]]) -> str:
    """Give "name=value,name=value" in order, each once; what separates them is escaped as in a URL."""
    return ",".join(sorted({f"{_escaped(name)}={_escaped(value)}" for name, value in pairs}))


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace(",", "%2C").replace("=", "%3D")
