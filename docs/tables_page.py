"""Writes docs/tables.md from the comments in the database: `python docs/tables_page.py`.

Starts a local ClickHouse of its own, empty but for the migrations, and stops it at the end.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.local.clickhouse import LocalClickHouse
from pipeline.settings import Secret
from pipeline.store.connect import Server
from pipeline.store.describe import describe
from pipeline.store.migrate import migrate


def main() -> None:
    """Write the page."""
    with TemporaryDirectory() as directory, LocalClickHouse(Path(directory)) as clickhouse:
        password = Secret(clickhouse.passwords["migrator"])
        migrator = Server(port=clickhouse.native_port, user="migrator", password=password)
        migrate(migrator)
        (Path(__file__).parent / "tables.md").write_text(describe(migrator), encoding="utf-8")


if __name__ == "__main__":
    main()
