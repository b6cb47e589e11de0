"""The key that the local stack hashes personal identifiers with. Only the local stack ever makes one."""

import os
import secrets
from pathlib import Path
from typing import Final

_BYTES: Final = 32


def key_file(root: Path) -> Path:
    """Give the file of a stack's key, made at the first call: 32 random bytes in hexadecimal, for its owner to read.

    Identifiers that were hashed with another key are other identifiers: it belongs to the data beside it.
    """
    file = root / "secrets" / "hmac.key"
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as key:
            key.write(secrets.token_hex(_BYTES))
        draft.replace(file)
    return file
