"""Stories of each known way to miss or mistake who got credentials, and what is true of them."""

from __future__ import annotations

from tests.models.stories import BY_TIME, PROVED, Story, account_of, moment, service


def issued_then_used(story: Story) -> None:
    """A key that was issued once and used later proves the link."""
    ada, role, key = story.user(), story.role("admin", path="/team/"), story.key(1)
    issue = story.assume(ada, role, "work", key)
    story.call(role.session("work", key), 60)
    story.call(role.session("work", key), 600, eventName="ListUsers", awsRegion="eu-west-1")
    story.expect(
        key,
        [ada["arn"], role.arn],
        **PROVED,
        chain_end="identity",
        root_principal_type="user",
        issue_event_id=issue,
    )


def both_copies_are_one_issuance(story: Story) -> None:
    """The two records of a call across accounts are one issuance, by the caller that one knows."""
    ada, role, key = story.user(), story.role("deploy", 1), story.key(1)
    issue = story.cross(ada, role, "work", key)
    story.call(role.session("work", key), 60)
    story.expect(key, [ada["arn"], role.arn], **PROVED, issue_event_id=issue)


def an_outside_account(story: Story) -> None:
    """Of a caller from an account without a trail here, only the account is known."""
    role, key = story.role("scanner"), story.key(1)
    vendor = {"type": "AWSAccount", "principalId": "AROAVENDOR:x", "accountId": story.account(9)}
    story.assume(vendor, role, "scan", key, account=role.account, sharedEventID="vendor-1")
    story.call(role.session("scan", key), 60)
    path = [f"account:{story.account(9)}", role.arn]
    story.expect(key, path, **PROVED, chain_end="outside_account", root_principal_type="account")


def the_callers_copy_is_missing(story: Story) -> None:
    """A caller whose own record is missing is found by its role's unique id and session name."""
    ada, build, role = story.user(), story.role("build"), story.role("deploy", 1)
    first, second = story.key(1), story.key(2)
    story.assume(ada, build, "job", first)
    story.call(build.session("job", first), 30)
    door = account_of(build.session("job"))
    story.assume(door, role, "job", second, 60, account=role.account, sharedEventID="lost-1")
    story.call(role.session("job", second, 60), 90)
    path = [ada["arn"], build.arn, role.arn]
    story.expect(first, path[:2], **PROVED)
    story.expect(second, path, link="key", confidence="likely", chain_end="identity")


def a_chain_over_accounts_and_regions(story: Story) -> None:
    """A chain of roles leads back to the person, through accounts, Regions and STS endpoints."""
    ada = story.user()
    roles = [story.role(name, which) for which, name in enumerate(("one", "two", "three"))]
    keys = [story.key(n) for n in range(3)]
    story.assume(ada, roles[0], "ada", keys[0], awsRegion="us-east-1")
    for n in (0, 1):
        here = roles[n].session("ada", keys[n], n * 100)
        story.cross(here, roles[n + 1], "ada", keys[n + 1], (n + 1) * 100, awsRegion="us-east-1")
    story.call(roles[2].session("ada", keys[2], 200), 300, awsRegion="ap-southeast-2")
    path = [ada["arn"], *(role.arn for role in roles)]
    story.expect(keys[1], path[:3], **PROVED)
    story.expect(keys[2], path, **PROVED, root_principal_type="user")


def issued_the_day_before_yesterday(story: Story) -> None:
    """Credentials that live 36 hours are linked when they are first used on the third day."""
    ada, key, issued = story.user(), story.key(1), 11.5 * 3600
    issue = story.call(
        ada,
        issued,
        eventSource="sts.amazonaws.com",
        eventName="GetSessionToken",
        responseElements={"credentials": {"accessKeyId": key}},
    )
    context = {"attributes": {"creationDate": moment(issued), "mfaAuthenticated": "true"}}
    token = story.user(key=key) | {"sessionContext": context}
    story.call(token, issued + 35 * 3600)
    story.expect(key, [ada["arn"]], **PROVED, issue_event_id=issue, chain_end="identity")


def the_console_switches_roles(story: Story) -> None:
    """Keys of a role taken in the console are in no STS call; the role's session and time tell."""
    ada, role = story.user(key=""), story.role("ops", 1)
    arrived = role.session("ada", created=None)
    issue = story.call(
        arrived,
        0,
        eventSource="signin.amazonaws.com",
        eventName="SwitchRole",
        eventType="AwsConsoleSignIn",
        responseElements={"SwitchRole": "Success"},
        additionalEventData={"SwitchFrom": ada["arn"]},
    )
    for n in (1, 2):
        story.call(role.session("ada", story.key(n), 1), n * 900)
        story.expect(story.key(n), [ada["arn"], role.arn], **BY_TIME, issue_event_id=issue, depth=1)


def the_console_switches_from_a_role(story: Story) -> None:
    """Where SwitchRole names a role's session, that is by name only, so no more than possible."""
    first = story.role("sso", path="/aws-reserved/")
    role, key = story.role("ops", 1), story.key(1)
    ada = {"type": "SAMLUser", "principalId": "IdP=:ada", "userName": "ada"}
    ada["identityProvider"] = "IdP="
    story.assume(ada, first, "ada", key, account=first.account, call="AssumeRoleWithSAML")
    here = first.session("ada", key)
    story.call(here, 10)
    story.call(
        role.session("ada", created=None),
        20,
        eventSource="signin.amazonaws.com",
        eventName="SwitchRole",
        responseElements={"SwitchRole": "Success"},
        additionalEventData={"SwitchFrom": here["arn"]},
    )
    story.call(role.session("ada", story.key(2), 20), 60)
    path = ["IdP=/ada", first.arn, role.arn]
    story.expect(key, path[:2], **PROVED, root_principal_type="saml_user", root_human="Ada L.")
    story.expect(story.key(2), path, link="principal_and_time", confidence="possible")


def services_call_on(story: Story) -> None:
    """A service that calls on with a session has another key or none: time and role tell."""
    ada, role, key = story.user(), story.role("analyst"), story.key(1)
    story.assume(ada, role, "ada", key)
    story.call(role.session("ada", key), 10)
    for other in (story.key(2), ""):
        athena = role.session("ada", other, invokedBy="athena.amazonaws.com")
        story.call(athena, 20, sourceIPAddress="athena.amazonaws.com")
        session = other or f"{role.unique_id}:ada@{moment(0)}"
        story.expect(session, [ada["arn"], role.arn], **BY_TIME, chain_end="identity")


def workloads_are_roots(story: Story) -> None:
    """A service that hands out a role ends the chain, with the instance, function or task."""
    for n, (host, name, workload) in enumerate(
        [
            ("ec2.amazonaws.com", "i-0123456789abcdef0", "i-0123456789abcdef0"),
            ("lambda.amazonaws.com", "resize", "resize"),
            ("ecs-tasks.amazonaws.com", "0123456789abcdef0123456789abcdef", None),
            ("glue.amazonaws.com", "GlueJobRunnerSession", None),
        ]
    ):
        role = story.role(f"role{n}")
        story.assume(service(host), role, name, story.key(n), account=role.account)
        story.call(role.session(name, story.key(n)), 60)
        workload = name if host.startswith("ecs") else workload
        story.expect(
            story.key(n),
            [host, role.arn],
            **PROVED,
            chain_end="service",
            root_principal_type="aws_service",
            workload=workload,
        )


def an_empty_access_key(story: Story) -> None:
    """Console and service events with an empty access key are the session's by its creation."""
    ada, role, key = story.user(), story.role("admin"), story.key(1)
    story.assume(ada, role, "ada", key)
    story.call(role.session("ada", ""), 60, eventSource="signin.amazonaws.com")
    session = f"{role.unique_id}:ada@{moment(0)}"
    story.expect(session, [ada["arn"], role.arn], **BY_TIME)


def aws_names_who_it_is_for(story: Story) -> None:
    """What AWS says of a session itself holds where its issuance is not in the data."""
    role, function = story.role("resize"), f"arn:aws:lambda:eu-west-1:{story.account()}:function:f"
    here = role.session("f", story.key(1), inScopeOf={"credentialsIssuedTo": function})
    story.call(here, 60)
    story.expect(story.key(1), [role.arn], link="none", workload=function)
    person = {"userId": "9067", "identityStoreArn": "arn:aws:identitystore::1:identitystore/d-1"}
    role = story.role("analyst")
    story.call(role.session("ada", story.key(2), onBehalfOf=person), 60)
    path = [f"{person['identityStoreArn']}/user/9067", role.arn]
    story.expect(
        story.key(2), path, link="source_identity", confidence="likely", chain_end="identity"
    )


def data_events_belong(story: Story) -> None:
    """A session of which only data events are known is a session all the same."""
    ada, role, key = story.user(), story.role("reader"), story.key(1)
    story.assume(ada, role, "ada", key)
    story.call(
        role.session("ada", key),
        60,
        eventSource="s3.amazonaws.com",
        eventName="GetObject",
        eventCategory="Data",
        managementEvent=False,
    )
    story.expect(key, [ada["arn"], role.arn], **PROVED)


def web_identities(story: Story) -> None:
    """A web identity is a root, unless its token was given out in our own accounts."""
    provider = f"arn:aws:iam::{story.account()}:oidc-provider/token.example.com"
    door = {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:aud:repo",
        "userName": "repo",
        "identityProvider": provider,
    }
    role, here = story.role("deploy"), {"account": story.account()}
    call = "AssumeRoleWithWebIdentity"
    story.assume(door, role, "ci", story.key(1), call=call, **here)
    story.call(role.session("ci", story.key(1)), 60)
    path = [f"{provider}/repo", role.arn]
    story.expect(story.key(1), path, **PROVED, root_principal_type="web_identity_user")
    ada = story.user()
    story.call(
        ada,
        100,
        eventSource="sts.amazonaws.com",
        eventName="GetWebIdentityToken",
        responseElements={"webIdentityTokenId": f"token-{story.number}"},
    )
    request = {"webIdentityTokenId": f"token-{story.number}", "roleArn": role.arn}
    story.assume(door, role, "own", story.key(2), 200, call=call, requestParameters=request, **here)
    story.call(role.session("own", story.key(2), 200), 260)
    story.expect(story.key(2), [ada["arn"], role.arn], link="key", confidence="likely")


def federation_and_root(story: Story) -> None:
    """A federation token leads to the user who asked, an assumed root to the administrator."""
    ada, admin, member = story.user(), story.role("admin"), story.account(1)
    name = f"arn:aws:sts::{story.account()}:federated-user/guest"
    sts = {"eventSource": "sts.amazonaws.com"}
    token = {"credentials": {"accessKeyId": story.key(1)}}
    story.call(ada, 0, eventName="GetFederationToken", responseElements=token, **sts)
    guest = {"type": "FederatedUser", "principalId": f"{story.account()}:guest", "arn": name}
    guest |= {"accountId": story.account(), "accessKeyId": story.key(1)}
    story.call(guest, 60)
    story.expect(story.key(1), [ada["arn"], name], **PROVED)
    story.assume(ada, admin, "ada", story.key(2), 100)
    token = {"credentials": {"accessKeyId": story.key(3)}}
    here = admin.session("ada", story.key(2), 100)
    story.call(here, 200, eventName="AssumeRoot", responseElements=token, **sts)
    root = {"type": "Root", "principalId": member, "arn": f"arn:aws:iam::{member}:root"}
    root |= {"accountId": member, "accessKeyId": story.key(3)}
    story.call(root, 260)
    story.expect(story.key(3), [ada["arn"], admin.arn, root["arn"]], **PROVED)


def console_sign_in(story: Story) -> None:
    """A user's console session is the user's own for certain, its sign-in logged or not."""
    ada = story.user(key="")
    login = story.call(
        ada,
        0,
        eventSource="signin.amazonaws.com",
        eventName="ConsoleLogin",
        eventType="AwsConsoleSignIn",
        responseElements={"ConsoleLogin": "Success"},
    )
    for n, created in ((1, 0), (2, -90_000)):
        context = {"attributes": {"creationDate": moment(created), "mfaAuthenticated": "true"}}
        story.call(story.user(key=story.key(n)) | {"sessionContext": context}, 60)
    whole = {"chain_end": "identity", "root_principal_type": "user", "confidence": "certain"}
    found = {"link": "principal_and_time", "link_confidence": "likely", "issue_event_id": login}
    story.expect(story.key(1), [ada["arn"]], **found, **whole)
    story.expect(story.key(2), [ada["arn"]], link="none", link_confidence="none", **whole)
