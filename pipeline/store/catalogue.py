"""Holds cx_store.metric_catalogue to schemas/metrics.yaml.

What comes in: the catalogue of metrics. What goes out: whether the table says the same; or the rows that make it so.
"""

from typing import Any, Final

from clickhouse_driver import Client

from pipeline import catalogue
from pipeline.store.connect import Server, connect
from pipeline.store.queries import query
from pipeline.store.session import Session

_COLUMNS: Final = (
    "metric, number, meaning, kind, unit, scale, good, numerator, denominator, counted_at, "
    "final_after_seconds, minimum_n, quantile, dimensions, formula"
)
_INSERT: Final = f"INSERT INTO cx_store.metric_catalogue ({_COLUMNS}, version, is_deleted) VALUES"


def is_current(server: Server) -> bool:
    """Whether the table says what the file says. Raises StoreError, CatalogueError."""
    session = Session(connect(server))
    try:
        return _stored(session) == _wanted()
    finally:
        session.close()


def bring(server: Server) -> None:
    """Make the table say what the file says. Raises StoreError, CatalogueError."""
    session = Session(connect(server, writes=True))
    try:
        stored, wanted = _stored(session), _wanted()
        if stored == wanted:
            return
        ((version,),) = session.query(query("metric_catalogue_version"), doing="reading the catalogue")
        kept = {row[0] for row in wanted}
        rows = [(*row, version + 1, 0) for row in wanted]
        rows += [(*row, version + 1, 1) for row in stored if row[0] not in kept]

        def insert(client: Client) -> None:
            client.execute(_INSERT, list(zip(*rows, strict=True)), columnar=True)

        session.run(insert, "writing the catalogue")
    finally:
        session.close()


def _stored(session: Session) -> list[tuple[Any, ...]]:
    return list(zip(*session.query(query("metric_catalogue"), doing="reading the catalogue"), strict=True))


def _wanted() -> list[tuple[Any, ...]]:
    return [
        (
            metric.name,
            number,
            metric.meaning,
            metric.kind,
            metric.unit,
            metric.scale,
            metric.good,
            metric.numerator,
            metric.denominator,
            metric.counted_at,
            metric.final_after_seconds,
            metric.minimum_n,
            metric.quantile,
            list(metric.dimensions),
            metric.source,
        )
        for number, metric in enumerate(catalogue.load().metrics)
    ]
