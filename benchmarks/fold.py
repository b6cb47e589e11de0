"""What one interaction costs at its customer: microseconds of CPU. Run `python -m benchmarks.fold`.

In order: into customers with 20 to 39 touchpoints, one after the other, with all that follows from it (session, journey, friction, touched rows,
contributions). Late: into a customer with 100, comparison with what was there and its rows included. Demo traffic: whole customers
of a seeded shop, not one favourable record. The best of several rounds, since other programs share the machine.
"""

import gc
import time
from collections import defaultdict

from pipeline import catalogue, contract
from pipeline.core.customer import Customer, derive
from pipeline.core.derived import add_rows
from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.message import IN_ORDER, Observed
from pipeline.core.row import Row
from pipeline.core.telling import observed_of
from pipeline.core.touched import Touched
from pipeline.local.demo.shop import Shop

MEANING = Meaning(flows=catalogue.load().flows)
ROUNDS = 5


def customers(interactions: int = 120_000) -> list[list[Observed]]:
    """Give the touchpoints of each customer of the shop, in order."""
    now = int(time.time() * 1000)
    admit = contract.load(key=b"k" * 32).admit
    found: defaultdict[str, dict[object, Observed]] = defaultdict(dict)
    for record in Shop(7, now - 60_000, interactions).records():
        admitted = admit(record.value, record.headers, now)
        if isinstance(admitted, Interaction) and admitted.identifiers:
            observed = observed_of(admitted)
            found[admitted.identifiers[0]][observed.ref] = observed
    return [sorted(each.values(), key=IN_ORDER) for each in found.values()]


def tables() -> defaultdict[str, list[Row]]:
    return defaultdict(list)


def in_order(everyone: list[list[Observed]], held: int) -> float:
    """Give the µs of one more touchpoint for customers that hold `held` to twice as many, rows not counted."""
    some = [touchpoints[: 2 * held] for touchpoints in everyone if len(touchpoints) >= 2 * held]
    best = float("inf")
    for _ in range(ROUNDS):
        folded = [derive("customer:1", touchpoints[:held], MEANING) for touchpoints in some]
        began = time.process_time()
        for customer, touchpoints in zip(folded, some, strict=True):
            append(customer, touchpoints, held)
        best = min(best, (time.process_time() - began) / len(some) / held)
    return best * 1e6


def append(customer: Customer, touchpoints: list[Observed], held: int) -> None:
    touched = Touched()
    for observed in touchpoints[held:]:
        customer.change((), (observed,), touched)


def late(everyone: list[list[Observed]], held: int) -> float:
    """Give the µs of placing a touchpoint in the middle of customers that hold `held`, comparison and rows included."""
    some = [touchpoints[: held + 1] for touchpoints in everyone if len(touchpoints) > held]
    best = float("inf")
    for _ in range(ROUNDS):
        before = [derive("customer:1", [*t[: held // 2], *t[held // 2 + 1 :]], MEANING) for t in some]
        began = time.process_time()
        for customer, touchpoints in zip(before, some, strict=True):
            place(customer, touchpoints[held // 2])
        best = min(best, (time.process_time() - began) / len(some))
    return best * 1e6


def place(customer: Customer, observed: Observed) -> None:
    touched = Touched()
    customer.change((), (observed,), touched)
    add_rows(customer, touched, 1, MEANING, tables())


def main() -> None:
    everyone = customers()
    gc.collect()
    gc.freeze()
    gc.disable()
    print(f"in order, into 20 touchpoints   {in_order(everyone, 20):7.1f} µs  (goal: 5)")
    print(f"late, into 100 touchpoints      {late(everyone, 100):7.1f} µs  (goal: 300)")


if __name__ == "__main__":
    main()
