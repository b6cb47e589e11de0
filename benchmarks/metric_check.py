"""Every metric against plain SQL over the archive. Run `python -m benchmarks.metric_check [INTERACTIONS]`.

A shop's weeks through the real Kafka, a worker and the real engine, with resends, late records, late identifies and
unlinks; then each metric's windows, by minute, channel, source and currency, beside what the queries in tests/metrics
count from the archive. Exit code 1 if any differs.
"""

import sys
import tempfile
from pathlib import Path

from pipeline import catalogue
from pipeline.local.stack import LocalStack
from pipeline.store.connect import server_of
from pipeline.store.read import Reader
from tests.metrics.compare import compare, tell


def main(interactions: int = 300_000) -> int:
    """Print a line for each metric; 1 if anything differs."""
    with tempfile.TemporaryDirectory() as directory, LocalStack(Path(directory) / "data") as stack:
        stack.start_worker()
        tell(stack, interactions)
        reader = Reader(server_of(stack.settings(), "migrator"))
        found = [compare(reader, metric.name) for metric in catalogue.load().metrics]
    for each in found:
        print(f"{each.metric:26} {each.windows:9,} windows  {len(each.differing):5,} differ")
        for key, counted, expected in each.differing[:3]:
            print(f"    {key}: counted {counted}, SQL {expected}")
    return int(any(each.differing for each in found))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
