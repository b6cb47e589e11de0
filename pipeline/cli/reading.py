"""Reading the views for commands: one connection as the analyst, SQL from files, named parameters only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from importlib.resources import files
from typing import Any, Final, NamedTuple

from stamina import instrumentation

from pipeline.settings import Settings
from pipeline.store.connect import server_of
from pipeline.store.read import Reader

PATIENCE_SECONDS: Final = 2.0
"""How long a connection is tried."""


class Answer(NamedTuple):
    """A result: the columns' names, and the rows as they come. The next question waits for the last row."""

    names: Sequence[str]
    rows: Iterator[Sequence[Any]]

    def records(self) -> list[dict[str, Any]]:
        """All rows, each by column name."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


Read = Callable[[str, Mapping[str, object]], Answer]


@contextmanager
def reading(settings: Settings | None = None, *, theirs: bool = False) -> Iterator[Read]:
    """Read as the analyst whom the settings name; with `theirs` what somebody else wrote. Raises SettingsError or StoreError."""
    instrumentation.set_on_retry_hooks(())  # a person waits: say what failed once, at the end
    server = server_of(settings or Settings.load(), "analyst")
    with closing(Reader(server, deadline=PATIENCE_SECONDS, theirs=theirs)) as reader:
        yield lambda sql, parameters: Answer(*reader.stream(sql, dict(parameters)))


def sql_of(name: str) -> str:
    """The text of pipeline/cli/queries/<name>.sql."""
    return files("pipeline.cli").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")
