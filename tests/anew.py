"""A plugin for pytest under mutmut: nothing that was computed before the mutant may outlive it.

mutmut forks a process with all modules loaded, and asks which tests reach a function: a contract that is compiled once
for all tests would hide each mutant of its making from the fork, and from all tests but the first.
"""

import functools
import gc
import os
import sys

import pytest
from hypothesis import Phase, settings

settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate), database=None)
"""That it fails is enough: no time goes into the smallest example."""

_MUTANT = "MUTANT_UNDER_TEST"
"""mutmut's name of the mutant; "stats" while it asks who reaches what."""
_RECORDS = "tests.helpers.records"


def pytest_sessionstart() -> None:
    """Load the tests anew, and forget remembered values."""
    if _MUTANT not in os.environ:
        return
    settings.load_profile("mutants")
    for name in [each for each in sys.modules if each.startswith("tests.") and _holds_values(each)]:
        del sys.modules[name]
    for one in gc.get_objects():
        if isinstance(one, functools._lru_cache_wrapper):
            one.cache_clear()


def _holds_values(module: str) -> bool:
    return not module.startswith(("tests.anew", "tests.conftest", "tests.local"))


@pytest.fixture(autouse=True)
def _compiled_anew() -> None:
    """Let each test compile its contracts, while it is asked who reaches what."""
    if os.environ.get(_MUTANT) == "stats" and _RECORDS in sys.modules:
        sys.modules[_RECORDS]._CONTRACTS.clear()
