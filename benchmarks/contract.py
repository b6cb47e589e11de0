"""What admission costs: microseconds for one record, by the shortcut and by step. Run `python -m benchmarks.contract`.

A product_viewed of about 450 bytes; sessions of five interactions share their identifiers, all else differs. No
record comes twice, so nothing but identifiers, minutes and the words of the schema can be remembered; each session's
page is its own as well, which is harder than life.
Each figure is the best of several rounds, since other programs can only add to it.
"""

import gc
import json
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any, Final

import msgspec

from pipeline import contract
from pipeline.core.draft import Draft
from pipeline.core.pseudonym import pseudonyms
from pipeline.core.steps import STEPS

RECORDS: Final = 500
ROUNDS: Final = 60
RECEIVED: Final = 1_772_359_202_000


def record(n: int) -> bytes:
    session = n // 5
    made = {
        "id": f"0d9f6d1e-7c1e-4d3b-8f7e-{n:012d}",
        "source": "storefront-web",
        "type": "product_viewed",
        "schema": "product_viewed/1-0-0",
        "time": f"2026-03-01T10:00:{n % 60:02d}.{n % 1000:03d}Z",
        "channel": "web",
        "anonymous_id": f"a-9f3c2b1d-{session:08d}",
        "customer_id": f"{100_000 + session}",
        "context": {
            "page": {"path": f"/shoes/{n}", "url": f"https://shop.example/shoes/{n}", "title": "Blue shoe"}
        },
        "data": {
            "product_id": f"P-{n}",
            "price": {"amount": 4995, "currency": "EUR"},
            "category": "shoes/running",
        },
    }
    return json.dumps(made, separators=(",", ":")).encode()


def best(run: Callable[[list[Any]], object], rounds: Iterable[list[Any]]) -> float:
    """Give the microseconds for one of RECORDS, in the fastest of the rounds."""
    fastest = float("inf")
    for values in rounds:
        started = perf_counter()
        run(values)
        fastest = min(fastest, perf_counter() - started)
    return fastest / RECORDS * 1e6


def by_step(judge: contract.Contract, rounds: Iterable[list[bytes]]) -> dict[str, float]:
    """Give microseconds by step, each over all records before the next."""
    terms = judge.terms
    figures: dict[str, float] = {}
    for values in rounds:
        drafts = [Draft(value, (), RECEIVED) for value in values]
        for step in STEPS:
            started = perf_counter()
            for draft in drafts:
                step(terms, draft)
            spent = (perf_counter() - started) / RECORDS * 1e6
            figures[step.__name__] = min(spent, figures.get(step.__name__, spent))
    return figures


def main() -> None:
    judge = contract.load(key=bytes(32))
    rounds = [[record(at * RECORDS + n) for n in range(RECORDS)] for at in range(4 * ROUNDS)]
    plain_rounds, read_rounds = rounds[:ROUNDS], rounds[ROUNDS : 2 * ROUNDS]
    whole_rounds, step_rounds = rounds[2 * ROUNDS : 3 * ROUNDS], rounds[3 * ROUNDS :]
    assert all(judge.shortcut.admit(value, (), RECEIVED) for value in rounds[0])  # noqa: S101
    gc.freeze()
    gc.disable()
    decode, read = msgspec.json.Decoder().decode, judge.shortcut.read
    plain = best(lambda values: [decode(value) for value in values], plain_rounds)
    print(
        f"records of {len(rounds[-1][-1])} bytes, µs each; msgspec.json.decode alone to a dict: {plain:.2f}\n"
    )
    goal = best(lambda values: [read(value, (), RECEIVED) for value in values], read_rounds)
    whole = best(lambda values: [judge.admit(value, (), RECEIVED) for value in values], whole_rounds)
    print(f"  {'decode, validate, normalise':<34}{goal:6.2f}  (goal: 3)")
    print(f"  {'canonical JSON, SHA-256':<34}{whole - goal:6.2f}")
    print(f"  {'admit, all of it':<34}{whole:6.2f}\n")
    figures = by_step(judge, step_rounds)
    for name, figure in figures.items():
        print(f"  {name:<34}{figure:6.2f}")
    print(f"  {'where the shortcut does not lead':<34}{sum(figures.values()):6.2f}\n")
    hash_new = pseudonyms(bytes(32), "k1", remembered=0)
    hash_known = pseudonyms(bytes(32), "k1")
    people = [[f"email:person{n}@example.com" for n in range(RECORDS)]] * ROUNDS
    print(f"  {'one HMAC':<34}{best(lambda each: [hash_new(one) for one in each], people):6.2f}")
    print(
        f"  {'one HMAC, remembered':<34}{best(lambda each: [hash_known(one) for one in each], people):6.2f}"
    )


if __name__ == "__main__":
    main()
