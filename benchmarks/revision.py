"""How long a correction takes to be seen: from an acknowledged late sign-in to its revision in the view. Run `python -m benchmarks.revision`.

Real Kafka, a real worker and the real engine on this machine. Forty visitors put something into a cart, forty customers
order in the app; once the watermark is past both minutes, ten of the visitors turn out to be ten of the customers.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.emit import Producer
from pipeline.local.stack import LocalStack
from pipeline.store.connect import server_of
from pipeline.store.read import Reader

VISITORS = 40
LATE = 10
MINUTE = 60_000
PATIENCE = 60.0

HISTORY = """
SELECT metric, channel, reason, sum(numerator_change) AS change, argMin(value_before, revision) AS before,
    argMax(value_now, revision) AS now, countIf(was_final) AS of_final, count() AS revisions
FROM cx.metric_revisions GROUP BY metric, window, channel, reason ORDER BY metric, channel, reason
"""
PRESENT = """
SELECT metric, channel, value FROM cx.metric_windows
WHERE metric IN ('cart_abandonment', 'session_conversion') AND n >= 30 ORDER BY metric, channel
"""
COME = f"SELECT sum(numerator_change) <= -{LATE} FROM cx.metric_revisions WHERE metric = 'cart_abandonment'"  # noqa: S608 - a constant
WATERMARK = "SELECT toUnixTimestamp64Milli(watermark) FROM cx.watermark"


class Revised(NamedTuple):
    """What was seen."""

    seconds: float
    """From the last acknowledged sign-in to the row in the view."""
    history: list[tuple[Any, ...]]
    """Metric, channel, reason, change of the numerator, value before, value now, changes of a final value, revisions."""
    present: list[tuple[Any, ...]]
    """Metric, channel, value, as cx.metric_windows has it."""


def visits(at: int) -> Iterator[dict[str, Any]]:
    price = {"amount": 1000, "currency": "EUR"}
    bought = {
        "total": price,
        "revenue": price,
        "products": [{"product_id": "boots", "price": price, "quantity": 1}],
    }
    for n in range(VISITORS):
        added = {"cart_id": f"K{n}", "product_id": "boots", "quantity": 1, "price": price}
        web = {"source": "storefront-web", "channel": "web", "anonymous_id": f"v{n}", "time": at}
        yield {**web, "type": "product_added", "data": added}
        app = {"source": "storefront-app", "channel": "app", "customer_id": f"c{n}", "time": at + 5 * MINUTE}
        yield {**app, "type": "order_completed", "data": {"order_id": f"O{n}", **bought}}


def sign_ins() -> Iterator[dict[str, Any]]:
    for n in range(LATE):
        who = {"source": "storefront-web", "channel": "web", "anonymous_id": f"v{n}", "customer_id": f"c{n}"}
        yield {**who, "type": "signed_in", "data": {}}


def publish(stack: LocalStack, interactions: Iterator[dict[str, Any]]) -> None:
    with Producer(settings=stack.settings()) as producer:
        for each in interactions:
            producer.send(each)


def wait(reader: Reader, sql: str, until: int) -> float:
    """Ask until the answer is at least so much; give the seconds."""
    began = time.monotonic()
    while reader.query(sql).rows[0][0] < until:
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError(f"{sql} is still less than {until} after {PATIENCE:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - began


def revise(directory: Path) -> Revised:
    """Publish, wait for the watermark, publish the late sign-ins, and wait for their revision."""
    with LocalStack(directory) as stack:
        stack.start_worker()
        reader = Reader(server_of(stack.settings(), "analyst"))
        at = (int(time.time()) // 60 - 25) * MINUTE
        publish(stack, visits(at))
        wait(reader, WATERMARK, at + 6 * MINUTE)
        publish(stack, sign_ins())
        seconds = wait(reader, COME, 1)
        time.sleep(1)  # the other metrics of the same sign-ins
        seen = Revised(seconds, reader.query(HISTORY).rows, reader.query(PRESENT).rows)
        reader.close()
    return seen


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        seen = revise(Path(directory) / "data")
    print(
        f"{LATE} late sign-ins were in cx.metric_revisions {seen.seconds:.2f} s after the broker had them\n"
    )
    for metric, channel, reason, change, before, now, of_final, revisions in seen.history:
        print(
            f"  {metric:20} {channel:4} {before:.3f} -> {now:.3f}  numerator {change:+.0f}  {reason}, "
            f"{revisions} revisions, {of_final} of them of a final value"
        )


if __name__ == "__main__":
    main()
