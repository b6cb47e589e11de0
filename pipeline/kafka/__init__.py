"""The batch transport for Faust: the only package that knows Faust's insides."""

from pipeline.kafka.batch import Record, RecordBatch
from pipeline.kafka.flushes import Event, flushes
from pipeline.kafka.producer import BlockProducer
from pipeline.kafka.transport import TransportError, assigned, is_idle, lag, make_app
from pipeline.kafka.worker import serve

__all__ = [
    "BlockProducer",
    "Event",
    "Record",
    "RecordBatch",
    "TransportError",
    "assigned",
    "flushes",
    "is_idle",
    "lag",
    "make_app",
    "serve",
]
