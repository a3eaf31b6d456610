"""Where all events come from: an action by a session, done to what exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from time import gmtime, strftime

from pipeline.simulate.catalogue import Action, Catalogue, Failure
from pipeline.simulate.event import Event
from pipeline.simulate.identity import Role
from pipeline.simulate.ids import Ids
from pipeline.simulate.inventory import Inventory, Resource
from pipeline.simulate.lineage import Grant
from pipeline.simulate.organisation import Organisation
from pipeline.simulate.plan import Plan
from pipeline.simulate.record import draw_network_activity
from pipeline.simulate.scope import Scope
from pipeline.simulate.session import Session

_LATE = ',"addendum":{"reason":"DELIVERY_DELAY"}'
_ENDPOINT_SERVICES = frozenset({"s3", "kms", "secretsmanager", "dynamodb", "sqs", "cloudtrail"})
_ENDPOINT_SHARE = 0.01
_ENDPOINT_DENIED = (
    '"errorCode":"VpceAccessDenied","errorMessage":"The request was denied due to a VPC endpoint '
    'policy",'
)


class World:
    """The running organisation: its clock, its resources and the way out for events.

    Everything that happens goes through emit, scenarios included, so that state and streams
    are the same for all.
    """

    def __init__(
        self,
        plan: Plan,
        catalogue: Catalogue,
        organisation: Organisation,
        random: Random,
        ids: Ids,
        sink: Callable[[Event], None],
        granted: Callable[[Grant], None] = lambda _: None,
    ) -> None:
        self.actions = catalogue.actions
        self.organisation = organisation
        self.inventory = Inventory(catalogue, random, ids)
        self.random = random
        self.ids = ids
        self.start = self.now = plan.start.timestamp()
        self.granted = granted
        self.emitted = 0
        self.limit = float("inf")
        self.roles: dict[tuple[str, str], Role] = {}
        self.providers: dict[str, str] = {}
        self._late = plan.late
        self._sink = sink
        self._network = draw_network_activity()
        self._minute = -1
        self._prefix = ""

    def clock(self, ago: float = 0.0) -> str:
        """Return the time, or one so many seconds ago, as eventTime has it."""
        now = int(self.now - ago)
        minute, second = divmod(now, 60)
        if minute != self._minute:
            self._minute = minute
            self._prefix = strftime("%Y-%m-%dT%H:%M:", gmtime(now))
        return f"{self._prefix}{second:02}Z"

    def emit(
        self,
        action: Action,
        session: Session,
        focus: dict[str, Resource] | None = None,
        extra: Mapping[str, str] | None = None,
        *,
        region: str = "",
        succeeds: bool = False,
        label: str = "",
    ) -> Scope | None:
        """Let a session do something; None if there was nothing to do it to.

        Returns the record's values. A call that fails changes nothing. succeeds rules failures
        out, for calls whose outcome the story goes on with.
        """
        where = action.region or region or session.region
        if action.is_to_logs:
            where = self.organisation.home
        scope = Scope(
            self.inventory, session.account, where, self.now, {} if focus is None else focus
        )
        scope.update(session.values)
        if extra:
            scope.update(extra)
        if not self._prepare(action, scope):
            return None
        failure = None if succeeds or action.kind != "api" else self._fail(action, session)
        self._write(action, session, scope, failure, label)
        if failure is None:
            self._apply(action, scope)
        if session.vpce and action.service in _ENDPOINT_SERVICES:
            self._log_endpoint(action, session, scope, label)
        return scope

    def _prepare(self, action: Action, scope: Scope) -> bool:
        """Bring what the action is done to into scope; False if there is no such thing."""
        if action.removes and not self.inventory.find_removable(scope, action.removes):
            return False
        if action.when:
            kind = action.when[0][0].partition(".")[0]
            if not self.inventory.find_where(scope, kind, action.when):
                return False
        if action.makes:
            self.inventory.make(scope, action.makes)
        for name, template in action.sets:
            before = scope[name]  # brings the resource into scope before its field changes
            scope["was:" + name] = before
            scope[name] = template % scope
        return True

    def _fail(self, action: Action, session: Session) -> Failure | None:
        roll = self.random.random()
        if roll < session.denied:
            return action.denied
        roll -= session.denied
        if roll < session.throttled:
            return action.throttled
        roll -= session.throttled
        for failure in action.failures:
            if roll < failure.share:
                return failure
            roll -= failure.share
        return None

    def _write(
        self,
        action: Action,
        session: Session,
        scope: Scope,
        failure: Failure | None,
        label: str,
    ) -> None:
        if "request_id" not in scope:
            made = action.request_id % scope if action.request_id else self.ids.uuid()
            scope["request_id"] = made
        scope["event_id"] = self.ids.uuid()
        scope["time"] = self.clock()
        recipient = scope["log_account"] if action.is_to_logs else session.account
        scope["recipient"] = recipient
        if session.is_cli:
            scope["command"] = action.command
        if action.is_shared:
            scope["shared"] = f',"sharedEventID":"{self.ids.uuid()}"'
        delay = self._delay()
        if delay:
            scope["addendum"] = _LATE
        if failure:
            self._refuse(action, scope, failure)
        forms = action.forms
        if session.is_inside:
            form = forms.refused_inside if failure else forms.worked_inside
        else:
            form = forms.refused if failure else forms.worked
        is_insight = action.kind == "insight"
        self._send(
            Event(
                text=form % scope,
                time=int(self.now),
                account=recipient,
                region=scope.region,
                event_id=scope["event_id"],
                source="" if is_insight else action.source,
                name="" if is_insight else action.name,
                family="CloudTrail-Insight" if is_insight else "CloudTrail",
                delay=delay,
                label=label,
            )
        )

    def _refuse(self, action: Action, scope: Scope, failure: Failure) -> None:
        if failure is action.denied:
            scope["permission"] = action.permission
            scope["target"] = action.target % scope
        scope["error_code"] = failure.code
        scope["error_message"] = failure.message % scope

    def _apply(self, action: Action, scope: Scope) -> None:
        if action.makes:
            resource = scope.used[action.makes]
            self.inventory.add(resource)
            scope.focus[action.makes] = resource
        for name, _ in action.sets:
            scope.used[name.partition(".")[0]].fields[name] = scope[name]
        if action.removes:
            self.inventory.remove(scope.used[action.removes])

    def _delay(self) -> float:
        """Return how late this event's delivery is: minutes mostly, then hours, rarely days."""
        roll = self.random.random()
        if roll >= self._late:
            return 0.0
        roll /= self._late
        size = 1 + 9 * self.random.random()
        if roll < 0.01:
            return 43200.0 * size
        return 3600.0 * size if roll < 0.12 else 900.0 + 300.0 * size

    def _log_endpoint(self, action: Action, session: Session, scope: Scope, label: str) -> None:
        """Write, now and then, the record the endpoint's owner gets of the same call."""
        if self.random.random() >= _ENDPOINT_SHARE:
            return
        scope["source"] = action.source
        scope["name"] = action.name
        scope["event_id"] = self.ids.uuid()
        scope["refusal"] = _ENDPOINT_DENIED if self.random.random() < 0.05 else ""
        self._send(
            Event(
                text=self._network % scope,
                time=int(self.now),
                account=session.account,
                region=scope.region,
                event_id=scope["event_id"],
                source=action.source,
                name=action.name,
                label=label,
            )
        )

    def _send(self, event: Event) -> None:
        """Let an event out; a scenario's comes on top of the number that was asked for."""
        if not event.label:
            if self.emitted >= self.limit:
                return
            self.emitted += 1
        self._sink(event)
