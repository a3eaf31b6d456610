"""Leases: one holder at a time, and none for ever."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from pipeline.errors import LakeBusy
from pipeline.lake.catalog import Lake, open_lake
from pipeline.lake.lease import hold


def test_a_lease_is_held_once(lake: Lake) -> None:
    """A second holder is told who has the lease and until when; afterwards it is free."""
    other = open_lake(lake.location)
    with hold(lake, "maintain"):
        with (
            pytest.raises(LakeBusy, match=r"held by .* process \d+ until 20"),
            hold(other, "maintain"),
        ):
            pass
        with hold(other, "build"):
            pass
    with hold(other, "maintain"):
        pass


def test_an_expired_lease_is_taken(lake: Lake) -> None:
    """The lease of a holder that went away is taken over, with a larger token."""
    gone = hold(lake, "maintain", timedelta(milliseconds=50)).__enter__()
    gone._over.set()  # the process is gone: nothing renews it
    time.sleep(0.1)
    with hold(lake, "maintain") as taken:
        assert taken.token > gone.token
        with pytest.raises(LakeBusy, match="lost"):
            gone.check()
        gone.give_back()
        taken.check()


def test_a_lease_is_renewed_while_it_is_held(lake: Lake) -> None:
    """Held for longer than it lasts, a lease is still its holder's."""
    with hold(lake, "maintain", timedelta(milliseconds=400)) as lease:
        time.sleep(1)
        with pytest.raises(LakeBusy), hold(lake, "maintain"):
            pass
        lease.check()


def test_a_failing_holder_gives_it_back(lake: Lake) -> None:
    """An error in the block frees the lease."""
    with pytest.raises(ZeroDivisionError), hold(lake, "maintain"):
        _ = 1 / 0
    with hold(lake, "maintain"):
        pass
