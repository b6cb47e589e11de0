"""`python -m pipeline` is `cxstream`."""

from pipeline.cli import main

main()
