"""All benchmarks, one after the other: `make bench`."""

from benchmarks import contract, core, fold, path

RUNS = (
    ("Admission", contract.main),
    ("The core", core.main),
    ("One interaction at its customer", fold.main),
    ("The whole path", path.main),
)

for title, run in RUNS:
    print(f"\n== {title}\n")
    run()
