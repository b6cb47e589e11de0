"""Emitters: the ways into the pipeline. `Producer` is all that most programs need."""

from pipeline.emit.connection import EmitError
from pipeline.emit.producer import AsyncProducer, Producer
from pipeline.emit.verdict import RefusedError

__all__ = ["AsyncProducer", "EmitError", "Producer", "RefusedError"]
