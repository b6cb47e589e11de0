"""A personal identifier as a person types it, as it is stored: normalised and hashed with the key."""


def hashed(identifier: str) -> str:
    """Give "email:k1:<hex>" for "email:Ada@Example.com". Raises NobodyError or SettingsError."""
    from pipeline.cli.who import NobodyError  # noqa: PLC0415 - only personal values need all of this
    from pipeline.contract import find_schemas  # noqa: PLC0415 - as above
    from pipeline.core.identifiers import Identifiers, InvalidIdentifierError  # noqa: PLC0415 - as above
    from pipeline.core.pseudonym import pseudonyms  # noqa: PLC0415 - as above
    from pipeline.settings import Settings  # noqa: PLC0415 - as above

    settings = Settings.load()
    kind, _, value = identifier.partition(":")
    blocked = (find_schemas() / "blocked.txt").read_text(encoding="utf-8").splitlines()
    try:
        plain = Identifiers(blocked).normalised(kind, value, "CUSTOMER")
    except InvalidIdentifierError as error:
        raise NobodyError(f"a value of kind {kind} {error}") from None
    if not plain:
        raise NobodyError(f"this {kind} is a blocked value: it points at nobody")
    return pseudonyms(settings.hmac_key(), settings.hmac_key_id)(plain)
