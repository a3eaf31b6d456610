"""What happens when: activities start by hour and weekday and run in order of time."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate

from pipeline.simulate.activity import work
from pipeline.simulate.organisation import Actor
from pipeline.simulate.plan import Plan
from pipeline.simulate.rhythm import HOURS, share
from pipeline.simulate.world import World

_HOUR = 3600.0
_OPENING = 300.0
_TICK = 60.0
_OVERHEAD = 0.5  # events of signing in, in the mean of all activities


@dataclass(slots=True, eq=False)
class _Running:
    """An activity under way and the number of events still expected of it.

    is_extra: its events come on top of the plan's, so it does not end with them.
    """

    steps: Iterator[float]
    expected: float
    is_extra: bool = False


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of an hour with the same weights: its opening or the rest."""

    start: float
    end: float
    hour: int
    is_opening: bool


class Schedule:
    """Runs a world from the plan's start to its end.

    The number of events follows the rhythms of all actors: at each tick as many activities
    start as are needed to reach what should have happened by then. Activities interleave in
    order of time, so no call can see what has not happened yet.
    """

    def __init__(self, plan: Plan, world: World, actors: tuple[Actor, ...]) -> None:
        self.world = world
        self._start = plan.start.timestamp()
        self._end = self._start + plan.days * 86400.0
        self._actors = actors
        self._lengths = [_mean_length(actor) for actor in actors]
        self._queue: list[tuple[float, int, _Running]] = []
        self._count = 0
        self._pending = 0.0
        self._intensity = {
            (hour, opening): sum(self._rates(hour, opening))
            for hour in range(HOURS)
            for opening in (True, False)
        }
        natural = sum(self._natural(span) for span in self._spans())
        self.events = plan.events or max(1, round(natural))
        self.world.limit = self.events
        self._scale = self.events / natural if natural else 0.0

    def run(self, tick: Callable[[float], None]) -> None:
        """Let everything happen; tick is called with the time as it goes on."""
        target = 0.0
        for span in self._spans():
            weights = self._start_weights(span)
            per_second = self._natural(span) * self._scale / (span.end - span.start)
            now = span.start
            while now < span.end:
                until = min(now + _TICK, span.end)
                target += per_second * (until - now)
                self._begin(weights, target, now, until)
                self._advance(until)
                tick(until)
                now = until
        self._fill()

    def add(self, time: float, steps: Iterator[float]) -> None:
        """Let something more happen from a time on, such as a scenario."""
        self._push(time, _Running(steps, 0.0, is_extra=True))

    def _spans(self) -> Iterator[_Span]:
        now = self._start
        while now < self._end:
            opened = now // _HOUR * _HOUR
            is_opening = now - opened < _OPENING
            end = min(opened + (_OPENING if is_opening else _HOUR), self._end)
            # The epoch began on a Thursday.
            yield _Span(now, end, int(now // _HOUR + 72) % HOURS, is_opening)
            now = end

    def _rates(self, hour: int, opening: bool) -> list[float]:
        return [
            actor.persona.rate * actor.week[hour] * share(actor.persona.rhythm, opening)
            for actor in self._actors
        ]

    def _natural(self, span: _Span) -> float:
        """Return the events an organisation like this has in a span."""
        return self._intensity[span.hour, span.is_opening] * (span.end - span.start) / _HOUR

    def _start_weights(self, span: _Span) -> list[float]:
        rates = self._rates(span.hour, span.is_opening)
        return list(
            accumulate(rate / length for rate, length in zip(rates, self._lengths, strict=True))
        )

    def _begin(self, weights: list[float], target: float, now: float, until: float) -> None:
        random = self.world.random.random
        while weights[-1] > 0 and self.world.emitted + self._pending < target:
            index = min(bisect(weights, random() * weights[-1]), len(weights) - 1)
            running = _Running(work(self.world, self._actors[index]), self._lengths[index])
            self._pending += running.expected
            self._push(now + random() * (until - now), running)

    def _push(self, time: float, running: _Running) -> None:
        self._count += 1
        heappush(self._queue, (time, self._count, running))

    def _advance(self, until: float) -> None:
        queue = self._queue
        while queue and queue[0][0] < until:
            time, _, running = heappop(queue)
            if running.is_extra or self.world.emitted < self.events:
                self.world.now = time
                self._resume(time, running)

    def _resume(self, time: float, running: _Running) -> None:
        before = self.world.emitted
        wait = next(running.steps, None)
        done = min(float(self.world.emitted - before), running.expected)
        if wait is None:
            done = running.expected
        else:
            self._push(time + wait, running)
        running.expected -= done
        self._pending -= done

    def _fill(self) -> None:
        """Do what is missing to the wanted number of events, in the last minute."""
        weights = list(accumulate(1.0 for _ in self._actors))
        while self.world.emitted < self.events:
            self._pending = 0.0
            last = max(self._end - _TICK, self._start)
            self._queue.clear()
            self._begin(weights, self.world.emitted + 1.0, last, self._end)
            self.world.now = max(self.world.now, last)
            while self._queue and self.world.emitted < self.events:
                time, _, running = heappop(self._queue)
                self.world.now = min(max(self.world.now, time), self._end - 1)
                self._resume(self.world.now, running)


def _mean_length(actor: Actor) -> float:
    workflows = actor.persona.workflows
    weight = sum(workflow.weight for workflow in workflows)
    return _OVERHEAD + sum(w.weight * w.length for w in workflows) / weight
