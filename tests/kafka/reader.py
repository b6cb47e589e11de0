"""A worker that writes what it reads to a file before it acknowledges; run as a process of its own.

    python -m tests.kafka.reader BOOTSTRAP GROUP FILE MODE TOPIC...

MODE is "all", "raise:N" (fail when N records were read) or "hold" (never acknowledge the first slice).
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from pipeline.kafka import flushes, make_app, serve


def add_agent(app: Any, topic: str, file: Path, mode: str) -> None:
    read = 0

    async def agent(stream: Any) -> None:
        nonlocal read
        held: list[Any] = []
        async for taken in flushes(stream, records=2000, linger=0.05):
            with file.open("a") as out:
                for event in taken:
                    out.writelines(f"{r.value.decode()}\n" for r in event.value.records)
                    read += len(event.value)
            if mode.startswith("raise:") and read >= int(mode[6:]):
                raise RuntimeError("a bug")
            if mode == "hold" and not held:
                held.append(taken.pop(0))
            for event in taken:
                event.ack()

    app.agent(app.topic(topic), name=f"read-{topic}")(agent)


async def main(bootstrap: str, group: str, file: str, mode: str, *topics: str) -> int:
    app = make_app(group, bootstrap=bootstrap, session_timeout=2.0, commit_interval=0.2)
    for topic in topics:
        add_agent(app, topic, Path(file), mode)
    return await serve(app)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
