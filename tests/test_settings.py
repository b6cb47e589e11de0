"""Settings: where they come from, what is refused, and what is never shown."""

import fcntl
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.meaning import meaning_of
from pipeline.settings import Secret, Settings, SettingsError
from pipeline.settings.load import load

Load = Callable[..., Settings]


@pytest.fixture
def load_in(tmp_path: Path) -> Load:
    """Load with these variables, in a directory of its own."""

    def loaded(**variables: str) -> Settings:
        environment = {f"CXSTREAM_{name.upper()}": value for name, value in variables.items()}
        return Settings.load(environment, tmp_path)

    return loaded


Stack = Callable[..., None]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Say that a local stack with these settings runs, as one does: a file, and a lock that is held."""
    (tmp_path / ".cxstream").mkdir()
    with (tmp_path / ".cxstream" / "stack.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def runs(**settings: object) -> None:
            (tmp_path / ".cxstream" / "stack.json").write_text(json.dumps({"settings": settings}))

        yield runs


def test_without_anything_given_the_defaults_hold(load_in: Load) -> None:
    assert load_in() == Settings()


def test_environment_beats_file_and_file_beats_stack(load_in: Load, tmp_path: Path, stack: Stack) -> None:
    stack(source_partitions=2, stitch_partitions=2, flush_messages=2)
    (tmp_path / "cxstream.toml").write_text("source_partitions = 3\nstitch_partitions = 3\n")
    settings = load_in(source_partitions="4")
    assert (settings.source_partitions, settings.stitch_partitions, settings.flush_messages) == (4, 3, 2)


def test_each_value_knows_where_it_is_from(tmp_path: Path, stack: Stack) -> None:
    stack(flush_messages=2)
    (tmp_path / "cxstream.toml").write_text("stitch_partitions = 3\n")
    origins = load(Settings, {"CXSTREAM_LOG_LEVEL": "debug"}, tmp_path).origins
    assert origins["log_level"] == "CXSTREAM_LOG_LEVEL"
    assert origins["stitch_partitions"].endswith("cxstream.toml")
    assert origins["flush_messages"].startswith("the local stack (")
    assert "kafka_group" not in origins


def test_the_file_can_be_named(load_in: Load, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('source_topics = ["a", "b"]\nhorizon_days = "none"\n')
    settings = load_in(config="other.toml")
    assert settings.source_topics == ("a", "b")
    assert settings.horizon_days is None


def test_a_named_file_that_is_missing_is_refused(load_in: Load) -> None:
    with pytest.raises(SettingsError, match=r"other\.toml: No such file"):
        load_in(config="other.toml")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("source_topics", "a, b", ("a", "b")),
        ("horizon_days", "pass", None),
        ("horizon_days", "30", 30),
        ("kafka_tls", "TRUE", True),
        ("flush_linger_seconds", "0.25", 0.25),
        ("hmac_key_file", "keys/k1", Path("keys/k1")),
        ("clickhouse_writer_password", "007", Secret("007")),
        ("telemetry_port", "0", 0),
    ],
)
def test_text_becomes_the_declared_type(load_in: Load, name: str, text: str, value: object) -> None:
    assert getattr(load_in(**{name: text}), name) == value


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("clickhouse_port", "70000", "clickhouse_port = 70000 .*a whole number from 1 to 65535"),
        ("clickhouse_port", "9000.5", "a whole number"),
        ("log_level", "loud", "one of debug, error, info, warning"),
        ("kafka_tls", "yes please", "true or false"),
        ("source_topics", "a b", "a list, .*of 1 to 249 letters"),
        ("source_topics", "", "a list"),
        ("horizon_days", "0", "from 1 to 36500; or none"),
        ("rejection_ratio", "1.5", "a number greater than 0 to 1"),
        ("rejection_ratio", "nan", "a number greater than 0 to 1"),
        ("hmac_key_id", "k:1", "1 to 8 small letters or digits"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(
    load_in: Load, name: str, text: str, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        load_in(**{name: text})


def test_all_faults_are_listed_at_once(load_in: Load, tmp_path: Path) -> None:
    (tmp_path / "cxstream.toml").write_text("[kafka]\nbootstrap = 'x'\n")
    with pytest.raises(SettingsError) as refused:
        load_in(log_level="loud", kafka_bootstrp="x", clickhouse_port="0")
    assert len(refused.value.faults) == 4
    assert "CXSTREAM_KAFKA_BOOTSTRP = x in the environment: there is no such setting" in str(refused.value)
    assert "did you mean CXSTREAM_KAFKA_BOOTSTRAP?" in str(refused.value)


@pytest.mark.parametrize(
    "name", ["kafka_pasword", "kafka_passwordfile", "api_token", "clickhouse_writer_pswrd"]
)
def test_the_value_of_a_misspelt_secret_is_not_shown(load_in: Load, name: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_in(**{name: "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_a_secret_shows_only_when_asked() -> None:
    settings = Settings(kafka_password=Secret("hunter2"))
    assert "hunter2" not in f"{settings} {settings!r} {settings.kafka_password}"
    assert settings.kafka_password.reveal() == "hunter2"


def test_a_secret_is_read_from_its_file_without_the_line_end(load_in: Load, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2\n")
    settings = load_in(clickhouse_analyst_password_file=str(tmp_path / "password"))
    assert settings.clickhouse_analyst_password.reveal() == "hunter2"


def test_a_secret_and_its_file_together_are_refused(load_in: Load) -> None:
    with pytest.raises(SettingsError, match="not both"):
        load_in(kafka_password="a", kafka_password_file="b")  # noqa: S106 - no real password


def test_only_secrets_can_be_given_as_a_file(load_in: Load) -> None:
    with pytest.raises(SettingsError, match="there is no such setting"):
        load_in(kafka_group_file="x")


def test_credentials_without_tls_are_refused_unless_allowed(load_in: Load) -> None:
    login = {"kafka_sasl_mechanism": "PLAIN", "kafka_user": "u", "kafka_password": "p"}
    with pytest.raises(SettingsError, match="without TLS"):
        load_in(**login)
    assert load_in(**login, kafka_tls="true").kafka_tls
    assert load_in(**login, kafka_allow_plaintext_credentials="true").kafka_user == "u"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"kafka_sasl_mechanism": "PLAIN"}, "needs kafka_user and kafka_password"),
        ({"kafka_user": "u"}, "needs kafka_sasl_mechanism"),
        ({"kafka_tls_ca_file": "ca.pem"}, "kafka_tls is false"),
        ({"clickhouse_tls_ca_file": "ca.pem"}, "clickhouse_tls is false"),
        ({"stitch_topic": "interactions.web"}, "a topic of its own"),
        ({"source_topics": "a,a"}, "each topic once"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    load_in: Load, variables: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        load_in(**variables)


def test_the_local_stack_gives_endpoints_and_secrets(load_in: Load, stack: Stack) -> None:
    stack(clickhouse_port=19000, clickhouse_analyst_password="local")  # noqa: S106 - no real password
    settings = load_in()
    assert settings.clickhouse_port == 19000
    assert settings.clickhouse_analyst_password.reveal() == "local"


def test_the_local_stacks_secrets_never_go_to_another_server(load_in: Load, stack: Stack) -> None:
    local = {
        "clickhouse_port": 19000,
        "clickhouse_analyst_password": "local",
        "kafka_bootstrap": "127.0.0.1:19092",
    }
    stack(**local)
    settings = load_in(clickhouse_host="warehouse.example")
    assert settings.clickhouse_port == Settings().clickhouse_port
    assert not settings.clickhouse_analyst_password
    assert settings.hmac_key_file is None
    assert settings.kafka_bootstrap == "127.0.0.1:19092"


def test_what_a_killed_stack_left_behind_is_not_believed(load_in: Load, tmp_path: Path) -> None:
    (tmp_path / ".cxstream").mkdir()
    (tmp_path / ".cxstream" / "stack.lock").touch()
    (tmp_path / ".cxstream" / "stack.json").write_text('{"settings": {"clickhouse_port": 19000}}')
    assert load_in() == Settings()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"settings": 1}', "not json"])
def test_a_broken_stack_file_is_a_clear_error(load_in: Load, tmp_path: Path, stack: Stack, text: str) -> None:
    stack()
    (tmp_path / ".cxstream" / "stack.json").write_text(text)
    with pytest.raises(SettingsError, match="start the local stack again"):
        load_in()


def test_the_hmac_key_is_the_files_bytes(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(bytes(range(32)))
    assert Settings(hmac_key_file=path).hmac_key() == bytes(range(32))


def test_without_a_good_hmac_key_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="hmac_key_file is not set: give"):
        Settings().hmac_key()
    with pytest.raises(SettingsError, match="No such file"):
        Settings(hmac_key_file=tmp_path / "none").hmac_key()
    (tmp_path / "short").write_bytes(b"short")
    with pytest.raises(SettingsError, match="5 bytes, needs 16"):
        Settings(hmac_key_file=tmp_path / "short").hmac_key()


def test_limits_zones_and_thresholds_that_mean_nothing_are_refused() -> None:
    for name, value, allowed in (
        ("IDENTITY_LIMITS", "email", "kind=number"),
        ("IDENTITY_LIMITS", "customer=2", "kind=number"),
        ("SESSION_MIDNIGHT_ZONE", "Mars/Olympus", "IANA time zone"),
        ("FRICTION_CLEARED", "4", "at most friction_threshold"),
    ):
        with pytest.raises(SettingsError, match=allowed) as refused:
            Settings.load({f"CXSTREAM_{name}": value})
        assert name.lower() in str(refused.value)


def test_limits_are_read_by_kind_and_source() -> None:
    settings = Settings.load({"CXSTREAM_IDENTITY_LIMITS": "email=2,device@pos=50"})
    assert meaning_of(settings).limits == {"email": 2, "device@pos": 50}


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("kafka_bootstrap", "a:b", "host:port, with commas between"),
        ("kafka_bootstrap", "broker", "host:port, with commas between"),
        ("kafka_bootstrap", "broker:70000", "host:port, with commas between"),
        ("friction_threshold", "inf", "a number greater than 0"),
        ("retry_deadline_seconds", "nan", "a number greater than 0"),
        ("horizon_days", "99999999999", "a whole number from 1 to 36500; or none"),
        ("session_gap_minutes", "99999999999", "a whole number from 1 to 1000000000"),
    ],
)
def test_what_no_part_could_work_with_is_refused_at_once(
    name: str, value: str, allowed: str, load_in: Load
) -> None:
    with pytest.raises(SettingsError) as refused:
        load_in(**{name: value})
    assert f"{name} = {value} (from CXSTREAM_{name.upper()}): allowed is {allowed}" in str(refused.value)


def test_a_password_in_the_address_of_a_broker_is_refused_and_not_shown(load_in: Load) -> None:
    with pytest.raises(SettingsError, match="allowed is host:port") as refused:
        load_in(kafka_bootstrap="user:hunter2@host:9092")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("brokers", ["kafka:9092", "10.0.0.1:1, b-2.example.com:65535", "[::1]:9092"])
def test_addresses_of_brokers_are_taken(brokers: str, load_in: Load) -> None:
    assert load_in(kafka_bootstrap=brokers).kafka_bootstrap == brokers
