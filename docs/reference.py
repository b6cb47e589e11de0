"""Write docs/settings.md, docs/telemetry.md and docs/refusals.md from the code that they describe.

python docs/reference.py          writes them
python docs/reference.py --check  exits with 1 if one is not current
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pipeline import contract
from pipeline.core.interaction import Rejection
from pipeline.settings import Secret, Settings
from pipeline.settings.values import allowed, shown
from pipeline.telemetry import Counter, Gauge, Histogram
from pipeline.telemetry.catalogue import Measure

HERE = Path(__file__).parent
_RECEIVED = int(datetime(2026, 3, 1, 10, 0, 2, tzinfo=UTC).timestamp() * 1000)
MADE = "Made from the code by `python docs/reference.py`; a test holds it current."

SETTINGS = f"""\
# Settings

{MADE}

A setting comes from the environment (`CXSTREAM_` and its name in capitals), else from a TOML file (the one that `CXSTREAM_CONFIG`
names, else `./cxstream.toml`; keys as below, without tables), else from the local stack that runs in `data_dir`, else it has its
default. `cxstream settings` prints each with its value and where it comes from.

What is unknown, wrong or contradicts itself is refused at start, all of it at once. A secret can be given as a file instead:
`CXSTREAM_KAFKA_PASSWORD_FILE=/run/secrets/kafka_password`. Secrets are never printed or logged. The local stack's passwords and key are
used only for the local stack's own servers.

| setting | default | allowed | meaning |
|---|---|---|---|
"""

TELEMETRY = f"""\
# Telemetry

{MADE}

Measures about the pipeline itself; *metrics* are what it computes about customers. A worker serves them on `telemetry_host` and
`telemetry_port` (loopback by default), from a thread of its own, so that a stuck event loop is told too:

- `/metrics`: everything below, in Prometheus' text format, with Python's and the process's own.
- `/healthz`: 200 while the event loop turns and, if records wait, something was written within two minutes; else 503 and why.
- `/readyz`: 200 once partitions are assigned and something was written, or nothing waits; else 503 and why.

`cxstream export` serves the same three on `export_port`, with the newest values of `export_metrics`: at most three times `export_series` series. There `/readyz` is 200
while the metrics were read lately. It shows the newest window that exists: when nothing happens any more, its start grows old, the value stays.

Counting happens once per flush, never per record. An age is `time()` minus a timestamp. Alert rules with tests are in `deploy/prometheus`.

"""


REFUSALS = f"""\
# Refusals

{MADE}

What the sender of each bad example of the envelope reads (`schemas/envelope/examples/bad`; `cxstream check FILE` prints it): the reason,
the JSON path of the fault, and a sentence that never holds a value. The examples of the types, beside their schemas, are told the same way.

| reason | path | told | example |
|---|---|---|---|
"""


def settings_page() -> str:
    """Give docs/settings.md."""
    return SETTINGS + "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in _settings())


def _settings() -> Iterator[tuple[str, str, str, str]]:
    for field in msgspec.structs.fields(Settings):
        default = "" if isinstance(field.default, Secret) else shown(field.default)
        words = "text; a secret" if isinstance(field.default, Secret) else allowed(field.type)
        yield f"`{field.name}`", f"`{default}`" if default.strip("'") else "", words, _description(field.type)


def _description(declared: Any) -> str:
    kind = msgspec.inspect.type_info(declared)
    assert isinstance(kind, msgspec.inspect.Metadata), declared  # noqa: S101 - a setting without a description
    return str((kind.extra_json_schema or {})["description"])


def telemetry_page() -> str:
    """Give docs/telemetry.md."""
    tables = (
        _table("Counters", [one.value for one in Counter]),
        _table("Gauges", [one.value for one in Gauge]),
        _table("Histograms", [one.value for one in Histogram]),
    )
    return TELEMETRY + "\n".join(tables)


def _table(title: str, measures: list[Measure]) -> str:
    rows = "".join(
        f"| `{one.name}` | {', '.join(f'`{label}`' for label in one.labels)} | {_cell(one.help)} |\n"
        for one in measures
    )
    return f"## {title}\n\n| name | labels | meaning |\n|---|---|---|\n{rows}"


def refusals_page() -> str:
    """Give docs/refusals.md."""
    admit = contract.load(key=b"any key will do here").admit
    examples = contract.find_schemas() / "envelope" / "examples" / "bad"
    rows = []
    for file in sorted(examples.glob("*.json")):
        told = admit(file.read_bytes(), (), _RECEIVED)
        assert isinstance(told, Rejection), file  # noqa: S101 - a bad example that is accepted
        rows.append(f"| `{told.reason}` | `{told.path}` | {_cell(told.detail)} | `{file.stem}` |\n")
    return REFUSALS + "".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES = {"settings.md": settings_page, "telemetry.md": telemetry_page, "refusals.md": refusals_page}


def main() -> int:
    """Write the pages, or compare them; the exit code."""
    stale = 0
    for name, page in PAGES.items():
        path, text = HERE / name, page()
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"docs/{name} is not current: python docs/reference.py")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
