"""Who may come in, and as what: users of users.xml, and their passwords.

What comes in: users.xml and a directory of password files. What goes out: users, each with the roles and the settings
that the engine is told. The engine within a process knows only one user, so this server checks the password.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from pipeline.local.clickhouse.failure import Failure

_VARIABLE: Final = "CXSTREAM_CLICKHOUSE_{}_PASSWORD"
_ROLES_OF: Final = {"pipeline_writer": "WRITER", "migrator": "MIGRATOR", "analyst": "ANALYST"}
USERS: Final = tuple(_ROLES_OF)
_WRONG_PASSWORD: Final = 516


class User(NamedTuple):
    """A user, as users.xml says."""

    name: str
    roles: tuple[str, ...]
    settings: Mapping[str, str]
    """Of the user's profile."""

    @property
    def read_only(self) -> bool:
        """Whether the profile lets them only read."""
        return self.settings.get("readonly", "0") != "0"


def find_users_xml() -> Path:
    """Give the file that says who may do what. Raises FileNotFoundError."""
    package = Path(__file__).resolve().parents[2]
    for candidate in (
        package / "_deploy" / "users.xml",
        package.parent / "deploy" / "clickhouse" / "users.xml",
    ):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(
        "no users.xml: neither the checkout nor the package has deploy/clickhouse/users.xml"
    )


def read_users(file: Path) -> dict[str, User]:
    """Read the users that may come in; `default` is not among them."""
    root = ET.parse(file).getroot()  # noqa: S314 - our own file
    users = {}
    for element in root.iterfind("users/*"):
        if element.tag in USERS:
            grants = [query.text or "" for query in element.iterfind("grants/query")]
            roles = tuple(
                role.strip() for grant in grants for role in grant.removeprefix("GRANT ").split(",")
            )
            profile = root.find(f"profiles/{element.findtext('profile')}")
            settings = (
                {}
                if profile is None
                else {setting.tag: setting.text or "" for setting in profile if setting.tag != "constraints"}
            )
            users[element.tag] = User(element.tag, roles, settings)
    return users


def make_passwords(directory: Path) -> dict[str, str]:
    """Read each user's password from its file; make those that do not exist, readable for their owner only."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for user in USERS:
        file = directory / user
        if not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as secret:
                secret.write(secrets.token_urlsafe(24))
    return {user: (directory / user).read_text(encoding="ascii") for user in USERS}


def engine_environment(passwords: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that users.xml reads. The engine's own `default` has no password, and no door to the network."""
    variables = {_VARIABLE.format(_ROLES_OF[user]): password for user, password in passwords.items()}
    return {**variables, _VARIABLE.format("DEFAULT") + "_SHA256": hashlib.sha256(b"").hexdigest()}


class Gate:
    """Lets users in by their passwords."""

    def __init__(self, users: Mapping[str, User], passwords: Mapping[str, str]) -> None:
        self._users = users
        self._passwords = passwords

    def admit(self, name: str, password: str) -> User:
        """Give the user. Raises Failure, the same and after the same time for an unknown name as for a wrong password."""
        expected = self._passwords.get(name) or secrets.token_urlsafe(24)
        matches = hmac.compare_digest(
            password.encode(errors="surrogateescape"), expected.encode(errors="surrogateescape")
        )
        user = self._users.get(name)
        if user is None or not matches:
            raise Failure(
                _WRONG_PASSWORD,
                f"{name}: Authentication failed: password is incorrect, or there is no user with such name",
                "AUTHENTICATION_FAILED",
            )
        return user
