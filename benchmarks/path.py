"""The whole path: one worker process on one core, from the source topics to acknowledged rows. Run `python -m benchmarks.path [N]`.

Publishes demo traffic first, then starts a worker that may use one core only (Kafka and ClickHouse get the others), and
waits until nothing is left. Counted from the moment when the worker has its partitions.
"""

import asyncio
import os
import re
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

from pipeline.emit.bulk import publish
from pipeline.kafka.offsets import group_lag
from pipeline.local.demo.shop import Shop
from pipeline.local.port import free_port
from pipeline.local.stack import LocalStack
from pipeline.settings import Settings


def telemetry(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return {m[1]: float(m[2]) for line in lines if (m := re.match(r"(\S+) (\S+)$", line))}


async def until_read(settings: Settings, process: psutil.Process) -> tuple[float, float]:
    """Give wall and CPU seconds from the first commit's lag going down to nothing left."""
    topics = [(t, n) for t in settings.source_topics for n in range(settings.source_partitions)]
    topics += [(settings.stitch_topic, n) for n in range(settings.stitch_partitions)]
    async with group_lag(settings.kafka_bootstrap, settings.kafka_group, topics) as asking:
        full = sum((await asking.by_partition()).values())
        began, cpu, quiet = 0.0, 0.0, 0
        while quiet < 3:  # noqa: PLR2004 - equal readings
            await asyncio.sleep(0.1)
            left = sum((await asking.by_partition()).values())
            if not began and process.cpu_times().user and _assigned(settings):
                began, cpu = time.monotonic(), sum(process.cpu_times()[:2])
            quiet = quiet + 1 if began and left == 0 and full else 0
        return time.monotonic() - began - 0.3, sum(process.cpu_times()[:2]) - cpu


def _assigned(settings: Settings) -> bool:
    try:
        return any(
            name.startswith("cxstream_assigned_partitions") for name in telemetry(settings.telemetry_port)
        )
    except OSError:
        return False


def main(interactions: int = 200_000) -> None:
    records = list(Shop(7, int(time.time() * 1000) - 60_000, interactions).records())
    with tempfile.TemporaryDirectory() as directory:
        stack = LocalStack(Path(directory) / "data", more={"telemetry_port": free_port()})
        with stack:
            asyncio.run(publish(stack.settings().kafka_bootstrap, records))
            cores = sorted(os.sched_getaffinity(0))
            process = psutil.Process(stack.start_worker().pid)
            process.cpu_affinity([cores[-1]])
            for pid in (stack.kafka.pid, stack.clickhouse.pid) if stack.kafka and stack.clickhouse else ():
                psutil.Process(pid).cpu_affinity(cores[:-1] or cores)
            wall, cpu = asyncio.run(until_read(stack.settings(), process))
            measures = telemetry(stack.settings().telemetry_port)
    count = len(records)
    print(f"{count:,} records, one worker on one core, Kafka and ClickHouse on the others\n")
    print(f"  {count / wall:10,.0f} records/s by the clock ({wall:.1f} s)")
    print(f"  {count / cpu:10,.0f} records/s of the worker's CPU time ({cpu / count * 1e6:.1f} µs each)\n")
    for name, label in (
        ("cxstream_batch_seconds_sum", "computing, loads included"),
        ("cxstream_write_seconds_sum", "writing"),
    ):
        for key, seconds in sorted(measures.items()):
            if key.startswith(name):
                print(f"  {seconds / count * 1e6:6.1f} µs per record  {label}: {key[len(name) :]}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
