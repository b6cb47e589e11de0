"""The batch transport for Faust: the only package that knows Faust's insides."""

from pipeline.kafka.batch import Record, RecordBatch
from pipeline.kafka.flushes import Event, flushes
from pipeline.kafka.producer import BlockProducer
from pipeline.kafka.transport import TransportError, assigned, ends, lag, make_app, resting
from pipeline.kafka.worker import serve

__all__ = [
    "BlockProducer",
    "Event",
    "Record",
    "RecordBatch",
    "TransportError",
    "assigned",
    "ends",
    "flushes",
    "lag",
    "make_app",
    "resting",
    "serve",
]
