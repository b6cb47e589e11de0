"""A late sign-in on the real Kafka and the real engine: the published values that it changes, why, and how soon."""

from pathlib import Path

import pytest

from benchmarks.revision import revise


@pytest.mark.timeout(150)
def test_a_late_identify_is_seen_as_a_revision_within_ten_seconds(tmp_path: Path) -> None:
    seen = revise(tmp_path / "data")
    print(f"\nseen in the view after {seen.seconds:.2f} s")  # noqa: T201 - seen with pytest -s
    assert seen.seconds < 10
    assert [row[:7] for row in seen.history if row[0] != "friction_rate"] == [
        ("cart_abandonment", "web", "identity_linked", -10, 1.0, 0.75, 0),
        ("session_conversion", "app", "identity_linked", -10, 1.0, 1.0, 0),
        ("session_conversion", "web", "identity_linked", 10, 0.0, 0.25, 0),
    ]
    assert [row for row in seen.present if row[0] != "friction_rate"] == [
        ("cart_abandonment", "web", 0.75),
        ("session_conversion", "app", 1.0),
        ("session_conversion", "web", 0.25),
    ]
