"""All benchmarks, one after the other: `make bench`."""

from benchmarks import agent_query, contract, core, fold, metric_query, path, revision, views

RUNS = (
    ("Admission", contract.main),
    ("The core", core.main),
    ("One interaction at its customer", fold.main),
    ("The whole path", path.main),
    ("The service agent's query", agent_query.main),
    ("A late sign-in", revision.main),
    ("The analyst's views", views.main),
    ("Reading metrics", metric_query.main),
)

for title, run in RUNS:
    print(f"\n== {title}\n")
    run()
