"""Loading settings: gather them from all sources, convert each, check them together, and say all that is wrong."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar
from zoneinfo import available_timezones

import msgspec

from pipeline.settings import Settings
from pipeline.settings.sources import (
    STACK,
    Gathered,
    Given,
    Names,
    config_file,
    for_the_same_servers,
    from_environment,
    from_file,
    from_stack,
)
from pipeline.settings.values import Secret, SettingsError, convert, shown

S = TypeVar("S", bound=Settings)


class Loaded(NamedTuple, Generic[S]):
    """Settings, and for each that was given where it is from."""

    settings: S
    origins: Mapping[str, str]

    def given_by(self, name: str) -> str:
        """Where a person gave this setting; "" if it has its default, or the local stack chose it."""
        origin = self.origins.get(name, "")
        return "" if origin.startswith(STACK) else origin


def load(
    declared: type[S], environment: Mapping[str, str] | None = None, directory: Path | None = None
) -> Loaded[S]:
    """Settings from the environment, a TOML file and the local stack, in that precedence.

    Raises:
        SettingsError: something is unknown, wrong or contradicts itself; it lists all of it.
    """
    fields = {field.name: field for field in msgspec.structs.fields(declared)}
    secrets = frozenset(name for name, field in fields.items() if isinstance(field.default, Secret))
    gathered = _gather(
        Names(frozenset(fields), secrets),
        os.environ if environment is None else environment,
        Path() if directory is None else directory,
    )
    faults, values = list(gathered.faults), dict[str, Any]()
    for name, (raw, origin) in gathered.given.items():
        try:
            values[name] = convert(raw, fields[name].type)
        except ValueError as allowed:
            value = "***" if name in secrets else shown(raw)
            faults.append(f"{name} = {value} (from {origin}): allowed is {allowed}")
    settings = declared(**values)
    if faults := faults or contradictions(settings):
        raise SettingsError(faults)
    return Loaded(settings, {name: given.origin for name, given in gathered.given.items()})


def _gather(names: Names, environment: Mapping[str, str], directory: Path) -> Gathered:
    sources = [from_environment(names, environment)]
    if path := config_file(environment, directory):
        sources.append(from_file(names, path))
    merged = _merge(sources)
    data_dir = merged.given.get("data_dir", Given(Settings().data_dir, ""))
    stack = from_stack(names, directory / str(data_dir.value))
    return _merge([merged, for_the_same_servers(stack, merged.given)])


def _merge(sources: list[Gathered]) -> Gathered:
    """The first source that gives a setting wins."""
    given: dict[str, Given] = {}
    for source in reversed(sources):
        given |= source.given
    return Gathered(given, [fault for source in sources for fault in source.faults])


def contradictions(settings: Settings) -> list[str]:
    """What is wrong with settings that are right one by one."""
    faults = _kafka_login(settings)
    if settings.kafka_tls_ca_file and not settings.kafka_tls:
        faults.append(
            "kafka_tls_ca_file is set and kafka_tls is false: set kafka_tls = true, or remove the file"
        )
    if settings.clickhouse_tls_ca_file and not settings.clickhouse_tls:
        faults.append(
            "clickhouse_tls_ca_file is set and clickhouse_tls is false: set it true, or remove the file"
        )
    for name in ("stitch_topic", "watch_topic"):
        topic = getattr(settings, name)
        if topic in settings.source_topics:
            faults.append(f"{name} = {topic}: is among source_topics; it must be a topic of its own")
    if settings.watch_topic == settings.stitch_topic:
        faults.append(f"watch_topic = {settings.watch_topic}: is stitch_topic; it must be a topic of its own")
    faults += _meaning(settings)
    if len(set(settings.source_topics)) < len(settings.source_topics):
        faults.append(f"source_topics = {shown(settings.source_topics)}: allowed is each topic once")
    return faults


def _kafka_login(settings: Settings) -> list[str]:
    faults: list[str] = []
    login = settings.kafka_sasl_mechanism != "none"
    if login and not (settings.kafka_user and settings.kafka_password):
        faults.append(
            f"kafka_sasl_mechanism = {settings.kafka_sasl_mechanism}: needs kafka_user and kafka_password"
        )
    if not login and (settings.kafka_user or settings.kafka_password):
        faults.append("kafka_user or kafka_password is set: needs kafka_sasl_mechanism, which is none")
    if login and not settings.kafka_tls and not settings.kafka_allow_plaintext_credentials:
        faults.append(
            f"kafka_sasl_mechanism = {settings.kafka_sasl_mechanism}: would send the password without TLS; "
            "set kafka_tls = true, or kafka_allow_plaintext_credentials = true for development"
        )
    return faults


def _meaning(settings: Settings) -> list[str]:
    faults: list[str] = []
    zone = settings.session_midnight_zone
    if zone and zone not in available_timezones():
        faults.append(
            f"session_midnight_zone = {shown(zone)}: allowed is an IANA time zone, such as Europe/Kyiv"
        )
    if settings.friction_cleared > settings.friction_threshold:
        faults.append(
            f"friction_cleared = {settings.friction_cleared}: allowed is at most friction_threshold, "
            f"{settings.friction_threshold}"
        )
    return faults
