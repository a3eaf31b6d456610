"""What holds for all tests: Hypothesis judges results, never how long a busy machine took."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("trailhouse", deadline=None)
settings.load_profile("trailhouse")
