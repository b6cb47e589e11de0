"""The files of deploy/ fit each other and the code; what they start cannot be started here."""

import json
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from pipeline.cli.commands import COMMANDS
from pipeline.settings import Settings
from pipeline.telemetry import Counter, Gauge, Histogram

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


@pytest.fixture(scope="module")
def specification() -> jsonschema_rs.Validator:
    """The compose specification, as check-jsonschema carries it."""
    package = find_spec("check_jsonschema")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    return jsonschema_rs.validator_for(json.loads(path.read_text()))


def test_the_compose_file_fits_the_compose_specification(
    specification: jsonschema_rs.Validator, compose: dict[str, Any]
) -> None:
    assert [error.message for error in specification.iter_errors(compose)] == []


def test_the_specification_would_find_a_misspelt_key(specification: jsonschema_rs.Validator) -> None:
    assert not specification.is_valid({"services": {"worker": {"image": "cxstream", "helthcheck": {}}}})


def test_every_port_is_bound_to_loopback(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_image_is_pinned_to_a_version(compose: dict[str, Any]) -> None:
    images = [service["image"] for service in compose["services"].values()]
    images += re.findall(r"^FROM (\S+)", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
    for image in images:
        assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+[\w.-]*", image), image


def test_the_environment_of_each_service_holds_settings_that_exist(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if name.startswith("CXSTREAM_"):
                path = str(tmp_path / "secret")
                Settings.load({name: path if name.endswith("_PASSWORD_FILE") else str(value)}, tmp_path)


def test_our_services_run_commands_that_exist_without_rights(compose: dict[str, Any]) -> None:
    ours = [service for service in compose["services"].values() if service["image"].startswith("cxstream:")]
    assert len(ours) == 4
    for service in ours:
        assert service["command"][0] in {command.name for command in COMMANDS}
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A directory in which the script has run twice."""
    for _ in range(2):
        subprocess.run([ROOT / "deploy" / "make-secrets.sh", tmp_path], check=True, capture_output=True)
    return tmp_path


def test_secrets_are_files_that_the_script_makes(compose: dict[str, Any], secrets: Path) -> None:
    for name, secret in compose["secrets"].items():
        assert secret == {"file": f"deploy/secrets/{name}"}
        assert re.fullmatch("[0-9a-f]{64}", (secrets / name).read_text())


def test_clickhouse_gets_the_same_passwords_as_its_clients(compose: dict[str, Any], secrets: Path) -> None:
    assert compose["services"]["clickhouse"]["env_file"] == ["deploy/secrets/clickhouse.env"]
    given = dict(line.split("=") for line in (secrets / "clickhouse.env").read_text().splitlines())
    wanted = re.findall(r'from_env="(\w+)"', (ROOT / "deploy" / "clickhouse" / "users.xml").read_text())
    assert given.keys() == set(wanted)
    for role in ("writer", "migrator", "analyst"):
        name = f"CXSTREAM_CLICKHOUSE_{role.upper()}_PASSWORD"
        assert given[name] == (secrets / f"clickhouse_{role}_password").read_text()


def test_the_script_keeps_a_key_that_exists(tmp_path: Path) -> None:
    (tmp_path / "hmac_key").write_text("precious")
    subprocess.run([ROOT / "deploy" / "make-secrets.sh", tmp_path], check=True, capture_output=True)
    assert (tmp_path / "hmac_key").read_text() == "precious"


def test_the_image_is_not_root_and_takes_only_hashed_requirements() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    assert re.search(r"^USER \d+:\d+$", dockerfile.rpartition("\nFROM ")[2], re.MULTILINE)
    installs = [line for line in dockerfile.splitlines() if "pip install" in line]
    assert installs
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)


def test_the_image_gets_all_that_the_dockerfile_copies() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(
        r"^COPY (?!--from)(.+) \S+$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE
    )
    for path in " ".join(copied).split():
        assert (ROOT / path).exists(), path
        assert any(path == one or path.startswith(f"{one}/") for one in kept), path


def test_rules_use_names_of_the_catalogue() -> None:
    rules = (ROOT / "deploy" / "prometheus" / "rules.yml").read_text()
    catalogue = {one.value.name for kind in (Counter, Gauge, Histogram) for one in kind}
    used = {name.removesuffix("_bucket") for name in re.findall(r"\bcxstream_\w+", rules)}
    assert used <= catalogue
    assert len(used) >= 5


def test_every_alert_has_a_test_of_its_own() -> None:
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text())
    tests = (ROOT / "deploy" / "prometheus" / "rules_test.yml").read_text()
    alerts = [rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
    assert alerts
    assert [alert for alert in alerts if f"alertname: {alert}" not in tests] == []
