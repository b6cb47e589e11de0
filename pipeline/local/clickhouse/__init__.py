"""The real ClickHouse engine on this machine: chdb-core behind the native protocol and HTTP.

Start reading at server.py; process.py starts it as a process of its own.
"""

from pipeline.local.clickhouse.process import LocalClickHouse

__all__ = ["LocalClickHouse"]
