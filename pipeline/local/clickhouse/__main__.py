"""Runs the server as its own process: python -m pipeline.local.clickhouse --data DIR."""

import argparse
import os
import signal
import sys
from pathlib import Path

from pipeline.local.clickhouse.server import DirectoryInUseError, Server


def main() -> int:
    """Serve until SIGTERM or SIGINT; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.local.clickhouse", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory; kept between starts")
    parser.add_argument("--native-port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--http-port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--or-any", action="store_true", help="where a port is taken, use another")
    arguments = parser.parse_args()
    stopping = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)  # before any thread: one place waits for them
    try:
        server = Server(
            arguments.data.resolve(),
            native_port=arguments.native_port,
            http_port=arguments.http_port,
            or_any=arguments.or_any,
        )
    except (DirectoryInUseError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's answer
        return 1
    server.start()
    print(f"native port {server.native_port}, HTTP port {server.http_port}", flush=True)  # noqa: T201
    signal.sigwait(stopping)
    server.stop()
    sys.stdout.flush()
    os._exit(0)  # threads of clients that are still there must not keep it


if __name__ == "__main__":
    sys.exit(main())
