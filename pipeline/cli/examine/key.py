"""The key that personal identifiers are hashed with: is it there, long enough, and for the worker's eyes only."""

import stat
from collections.abc import Iterator

from pipeline.cli.examine.finding import Finding
from pipeline.settings import Settings, SettingsError


def key(settings: Settings) -> Iterator[Finding]:
    """Findings about hmac_key_file."""
    path = settings.hmac_key_file
    if path is None:
        yield Finding(
            "hmac key",
            "attention",
            "hmac_key_file is not set; a worker would refuse to start here",
            "set hmac_key_file to the file that all workers share; `cxstream up` makes one for its own stack",
        )
        return
    try:
        settings.hmac_key()
    except SettingsError as error:
        yield Finding(
            "hmac key", "wrong", str(error), "give the worker's user the file that all workers share"
        )
        return
    if path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield Finding("hmac key", "attention", f"{path} is open to other users", f"chmod 0400 {path}")
    else:
        yield Finding("hmac key", "good", f"{path}, id {settings.hmac_key_id}")
