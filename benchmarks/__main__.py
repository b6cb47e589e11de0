"""All benchmarks, one after the other: `make bench`."""

from benchmarks import contract, core, path

for title, run in (("Admission", contract.main), ("The core", core.main), ("The whole path", path.main)):
    print(f"\n== {title}\n")
    run()
