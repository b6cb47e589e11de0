"""All benchmarks, one after the other: `make bench`."""

from benchmarks import agent_query, contract, core, path

for title, run in (
    ("Admission", contract.main),
    ("The core", core.main),
    ("The whole path", path.main),
    ("The service agent's query", agent_query.main),
):
    print(f"\n== {title}\n")
    run()
