"""Every series: our answers to the requests of requests_19.py against what native Odoo 19 answered (native_19.json)."""
import re
import time

import pytest
from permitted_19 import IDS_THAT_ARE_NO_INTEGERS, OPTIONS, RULE_2, RULE_2_UNREADABLE
from requests_19 import PRIVATE, REQUESTS, WITH_COOKIE
from sides import Side, recorded
from support import OURS, Client, Server, WebClient, odoo

from devtools import postgres

ERROR_KEYS = ["name", "message", "arguments", "context", "debug"]
JSON_TYPE = "application/json; charset=utf-8"
NATIVE = recorded()
NAMES = [request.name for request in REQUESTS]
NAMES_WITH_COOKIE = [request.name for request in WITH_COOKIE]

# Paths and verbs that are none of ours: what answers is the host's router.
OF_THE_ROUTER = re.compile(
    r"verb (TRACE|FOO) |(verb [A-Z]+|path) (/json/?|/json/3|/json/2x|/json/20/.*|/JSON/.*|/en/.*|/json/2//.*)$")

# What the host itself answers otherwise than Odoo 19, as (status, end of the error's name), by major versions.
OLDER = (16, 17, 18)
NO_SUCH_METHOD = (404, "NotFound")
REFUSED = (422, "UnprocessableEntity")
INVALID = (422, "ValidationError")
DONE = (200, "")
HOST_OWN = {
    # Methods and arguments that 19 has and others have not: a later issue.
    "has_access": {(16, 17): NO_SUCH_METHOD},
    "has_access to nonsense": {(16, 17): NO_SUCH_METHOD},
    "has_access to write as internal": {(16, 17): NO_SUCH_METHOD},
    "has_access to write as portal": {(16, 17): NO_SUCH_METHOD},
    "formatted_read_group": {OLDER: NO_SUCH_METHOD},
    "formatted_read_group by nonsense": {OLDER: NO_SUCH_METHOD},
    "formatted_read_group of nonsense": {OLDER: NO_SUCH_METHOD},
    "formatted_read_group by a number": {OLDER: NO_SUCH_METHOD},
    "web_read": {(16,): NO_SUCH_METHOD},
    "web_read of nonsense": {(16,): NO_SUCH_METHOD},
    "web_save": {(16,): NO_SUCH_METHOD},
    "web_search_read": {(16,): REFUSED},
    "web_read_group": {OLDER: REFUSED},
    "onchange": {(16,): REFUSED},
    "name_search by args": {OLDER: DONE},
    "method name_get": {(16, 17): DONE},
    # Values that an older ORM or PostgreSQL refuses.
    "domain false": {OLDER: REFUSED},
    'domain [["id", "in", 1]]': {OLDER: REFUSED},
    'domain [["name", "IN", ["x"]]]': {OLDER: REFUSED},
    'domain [["create_date.month_number", "=", 1]]': {(16, 17): REFUSED},
    'order ","': {(16, 17): REFUSED},
    'domain [["id", "=", 99999999999999999999]]': {OLDER: REFUSED},
    'limit "1"': {(16,): REFUSED},
    'offset "1"': {(16,): REFUSED},
    'order "id desc nulls last"': {(16,): (422, "UserError")},
    'create {"lang": "xx"}': {(16, 17): REFUSED},
    'write {"lang": "xx"}': {(16, 17): REFUSED},
    # Values that an older ORM takes, although 19 fails at them.
    'context {"lang": ["en_US"]}': {(16, 17): (422, "UserError")},
    'domain [["name", "=", {"a": 1}]]': {OLDER: DONE},
    'domain [["name", "in", [["x"]]]]': {OLDER: DONE},
    'order "parent_id.name"': {(16,): (422, "UserError")},
    'order "image_128"': {(16, 17): DONE},
    "limit true": {(16,): DONE},
    "offset true": {(16,): DONE},
    # It returns whether, not nothing.
    "check_access_rights": {(16, 17): DONE},
    # ``groups_id`` is there before 19.
    "field that is restricted to administrators as internal": {OLDER: DONE},
    "field that is restricted to administrators as portal": {OLDER: (403, "AccessError")},
    # Its base module has more users, and another exception for one that is in use.
    "unlink whom a user needs": {OLDER: INVALID},
}


def of_host(name, host):
    """The host's own (status, end of the error's name) for a request, or None."""
    return next((value for majors, value in HOST_OWN.get(name, {}).items() if host.major in majors), None)


@pytest.fixture(scope="module")
def side(host, prepared, new_database):
    with Server(host, new_database(prepared), load=OURS) as running:
        yield Side(running, prepared, prepared.own_key)


@pytest.fixture(scope="module")
def answers(side):
    return {request.name: side.answer(request) for request in REQUESTS}


@pytest.fixture(scope="module")
def answers_with_cookie(side, answers):
    cookie = side.log_in("admin")
    return {request.name: side.answer(request, cookie) for request in WITH_COOKIE}


def test_names():
    assert set(HOST_OWN) <= set(NAMES)
    assert set(NATIVE) == set(NAMES + NAMES_WITH_COOKIE), "test_differential.py writes the record"


@pytest.mark.parametrize("name", OPTIONS)
def test_options_is_no_call(name, answers):
    assert (answers[name].status, answers[name].headers.get("allow")) == (204, "POST, OPTIONS")


@pytest.mark.parametrize("name", [name for name in NAMES if not OF_THE_ROUTER.match(name) and name not in (
    *RULE_2, *RULE_2_UNREADABLE, *IDS_THAT_ARE_NO_INTEGERS, *OPTIONS)])
def test_as_native(name, answers, host):
    answer = answers[name]
    expected = of_host(name, host)
    if expected:
        assert_host_own(answer, expected)
    else:
        assert answer.record() == NATIVE[name], answer


@pytest.mark.parametrize("name", NAMES_WITH_COOKIE)
def test_as_native_with_a_cookie(name, answers_with_cookie):
    assert answers_with_cookie[name].record() == NATIVE[name], answers_with_cookie[name]


@pytest.mark.parametrize("name", RULE_2)
def test_rule_2(name, answers, host):
    answer = answers[name]
    expected = of_host(name, host)
    if expected:
        assert_host_own(answer, expected)
    else:
        assert_refused(answer, 422)


@pytest.mark.parametrize("name", RULE_2_UNREADABLE)
def test_rule_2_unreadable(name, answers):
    assert_refused(answers[name], 400)


@pytest.mark.parametrize("name", IDS_THAT_ARE_NO_INTEGERS)
def test_ids_that_are_no_integers(name, answers):
    assert_refused(answers[name], 422)


def assert_host_own(answer, expected):
    status, name = expected
    assert (answer.status, dict(answer.error or {"name": ""})["name"].rpartition(".")[2]) == (status, name), answer


def assert_refused(answer, status):
    assert answer.status == status, answer
    error = dict(answer.error)
    assert error["name"].startswith("werkzeug.exceptions.")
    assert error["arguments"] == [error["message"], status]
    assert not re.search(r"\n|LINE \d|SELECT|WHERE|psycopg|invalid input syntax|object is not|unhashable|adapt", error["message"])


@pytest.mark.parametrize("method", PRIVATE)
def test_private_methods_of_19_are_refused(client, method):
    answer = client.call("res.partner", method, {"ids": [1]})
    message = f"Private methods (such as 'res.partner.{method}') cannot be called remotely."
    assert answer.status_code == 403
    assert error_of(answer) == {"name": "odoo.exceptions.AccessError", "message": message, "arguments": [message], "context": {}}


@pytest.fixture(scope="class")
def ours(answers):
    return {name: answer for name, answer in answers.items() if not OF_THE_ROUTER.match(name)}


class TestEveryAnswer:
    """What holds for all answers of our endpoint, whatever was asked."""

    def test_errors_have_five_keys_in_order(self, ours):
        errors = {name: answer.error for name, answer in ours.items() if answer.error}
        assert len(errors) > 300
        assert {name: error for name, error in errors.items() if [key for key, _value in error] != ERROR_KEYS} == {}

    def test_no_cookie(self, ours):
        assert {name: answer for name, answer in ours.items() if "set-cookie" in answer.headers} == {}

    def test_no_sql(self, ours):
        sql = re.compile(r"LINE \d|SELECT|WHERE|psycopg2\.errors")
        assert {name: answer.error for name, answer in ours.items() if sql.search(str(answer.error))} == {}

    def test_success_is_not_sniffed(self, ours):
        good = {name: answer for name, answer in ours.items() if answer.status == 200}
        assert len(good) > 100
        assert {name: answer for name, answer in good.items()
                if answer.headers.get("x-content-type-options") != "nosniff" or answer.headers["content-type"] != JSON_TYPE} == {}

    def test_unauthenticated_answers_name_the_scheme(self, ours):
        unknown = [answer for answer in ours.values() if answer.status == 401]
        assert len(unknown) > 10
        assert {answer.headers["www-authenticate"] for answer in unknown} == {"Bearer "}


class TestSessions:
    REQUESTS = [
        ("POST", "/json/2/res.users/context_get", {}, {}, 200),
        ("POST", "/json/2/res.partner/nope", {}, {}, 404),
        ("POST", "/json/2/res.partner/sudo", {}, {}, 403),
        ("POST", "/json/2/res.partner/search", {}, {}, 422),
        ("POST", "/json/2/res.partner/search", b"{", {}, 400),
        ("POST", "/json/2/res.partner/search", b"x", {"Content-Type": "text/plain"}, 415),
        ("POST", "/json/2/res.partner/search", {}, {"Authorization": "Bearer bad"}, 401),
        ("POST", "/json/2/res.partner/search", {}, {"Authorization": None}, 401),
        ("GET", "/json/2/res.partner/search", None, {}, 404),
        ("GET", "/json/2", None, {"Authorization": None}, 404),
        ("POST", "/json/2/res.users/context_get", {}, {"Cookie": "session_id=" + "a" * 40}, 200),
        ("POST", "/json/2/res.users/context_get", {}, {"Cookie": "session_id=" + "a" * 84}, 200),
    ]

    def test_none_is_made(self, server, client):
        before = session_files(server)
        for verb, path, body, headers, status in self.REQUESTS:
            answer = client.send(verb, path, body, headers)
            assert (path, answer.status_code) == (path, status), answer.text
            assert "Set-Cookie" not in answer.headers
        assert session_files(server) == before

    def test_a_login_would_make_one(self, server, client):
        """So that the test above can fail."""
        before = session_files(server)
        client.log_in(server.databases[0], "internal")
        assert len(session_files(server)) > len(before)

    def test_a_bearer_request_leaves_the_session_of_its_cookie_alone(self, server, client):
        sid = client.log_in(server.databases[0], "admin")
        before = session_contents(server)
        answer = client.call("res.users", "context_get", Cookie=f"session_id={sid}")
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert session_contents(server) == before


def session_files(server):
    directory = odoo.data_directory(server.databases[0]) / "sessions"
    return {path for path in directory.rglob("*") if path.is_file()}


def session_contents(server):
    return {path: path.read_bytes() for path in session_files(server)}


def error_of(answer):
    """The error object of an answer without its debug."""
    error = answer.json()
    assert list(error) == ERROR_KEYS
    return {key: value for key, value in error.items() if key != "debug"}


class TestRights:
    """Calls have the rights of the key's user, whichever kind of key it is."""

    @pytest.fixture(params=["own_key", "user_key"])
    def as_user(self, request, server, prepared):
        keys = getattr(prepared, request.param)
        return lambda user: Client(server, keys[user])

    @pytest.mark.parametrize("user", ["admin", "internal", "portal"])
    def test_who(self, as_user, users, user):
        assert as_user(user).call("res.users", "context_get").json()["uid"] == users[user]["id"]

    def test_record_rules_filter(self, as_user, users):
        found = {user: set(as_user(user).call("res.partner", "search", {"domain": []}).json())
                 for user in ("internal", "portal")}
        assert found["portal"] == {users["portal"]["partner"]}
        assert found["internal"] > found["portal"]

    def test_record_rules_refuse(self, as_user, users):
        answer = as_user("portal").call("res.partner", "read", {"ids": [users["admin"]["partner"]], "fields": ["name"]})
        assert (answer.status_code, answer.json()["name"]) == (403, "odoo.exceptions.AccessError")

    @pytest.mark.parametrize("method, body", [("write", {"ids": [1], "vals": {"ref": "x"}}), ("unlink", {"ids": [1]}),
                                              ("create", {"vals_list": [{"name": "x"}]})])
    def test_access_rights_refuse(self, as_user, method, body):
        answer = as_user("internal").call("res.partner", method, body)
        assert (answer.status_code, answer.json()["name"]) == (403, "odoo.exceptions.AccessError")

    def test_digests_are_for_nobody(self, as_user):
        answer = as_user("admin").call("json2.api.key", "search_read", {"domain": [], "fields": ["digest"]})
        assert answer.status_code == 422
        assert "digest" not in as_user("admin").call("json2.api.key", "fields_get").json()
        answer = as_user("admin").call("json2.api.key", "search_read", {"domain": [], "limit": 1})
        assert answer.status_code == 200
        assert "digest" not in answer.json()[0]

    def test_field_groups_of_the_host(self, as_user, users):
        """`access_token` of an attachment is for internal users."""
        vals = {"name": "field groups", "res_model": "res.partner", "res_id": users["portal"]["partner"]}
        ids = as_user("admin").call("ir.attachment", "create", {"vals_list": vals}).json()
        body = {"ids": ids, "fields": ["access_token"]}
        assert as_user("internal").call("ir.attachment", "read", body).status_code == 200
        answer = as_user("portal").call("ir.attachment", "read", body)
        assert (answer.status_code, answer.json()["name"]) == (403, "odoo.exceptions.AccessError")
        assert "access_token" not in as_user("portal").call("ir.attachment", "fields_get", {}).json()

    def test_keys_of_others_are_not_shown(self, as_user):
        assert as_user("internal").call("json2.api.key", "search", {"domain": []}).status_code == 403

    def test_records_are_his(self, as_user, users):
        body = {"vals_list": {"name": "his"}}
        ids = as_user("admin").call("res.partner.category", "create", body).json()
        record = as_user("admin").call("res.partner.category", "read", {
            "ids": ids, "fields": ["create_uid"], "load": None}).json()
        assert record == [{"id": ids[0], "create_uid": users["admin"]["id"]}]


class TestKeys:
    def test_odoo_keys_of_scope_rpc(self, server, user_keys):
        assert Client(server, user_keys["scope rpc"]).call("res.users", "context_get").status_code == 200

    @pytest.mark.parametrize("name", ["archived", "expired", "of archived user"])
    def test_keys_of_ours_that_are_refused(self, server, own_keys, name):
        self.assert_refused(Client(server, own_keys[name]))

    @pytest.mark.parametrize("name", ["scope other", "leaver"])
    def test_keys_of_odoo_that_are_refused(self, server, user_keys, name):
        self.assert_refused(Client(server, user_keys[name]))

    def test_the_refusal_tells_nothing(self, server, own_keys):
        """A mistyped, an unknown, an archived and an expired key are refused in the same words."""
        mistyped = own_keys["admin"][:-1] + ("a" if own_keys["admin"][-1] != "a" else "b")
        refused = [Client(server, key).call("res.users", "context_get")
                   for key in ("bad", mistyped, own_keys["archived"], own_keys["expired"], own_keys["of archived user"])]
        assert len({answer.text for answer in refused}) == 1

    @staticmethod
    def assert_refused(client):
        answer = client.call("res.users", "context_get")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer "
        assert error_of(answer) == {"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey",
                                    "arguments": ["Invalid apikey", 401], "context": {}}


@pytest.fixture(scope="class")
def two(host, prepared, new_database):
    database = new_database(prepared)
    with Server(host, database, load=OURS) as one, Server(host, database, load=OURS) as other:
        yield one, other


class TestTwoProcesses:
    """What one process changes, the other knows at the very next request."""

    @pytest.fixture
    def admin(self, two, api_key):
        return Client(two[0], api_key)

    def status(self, two, key):
        return [Client(server, key).call("res.users", "context_get").status_code for server in two]

    @pytest.fixture
    def warm(self, two):
        """warm(key): both processes have seen the key, twice."""
        def use(key):
            assert self.status(two, key) + self.status(two, key) == [200] * 4
            return key
        return use

    def test_deleted_odoo_key(self, two, shell, user_keys, warm):
        key = warm(user_keys["to delete"])
        keys = 'env["res.users.apikeys"].search([("name", "=", "to delete")])'
        assert shell(two[0].databases[0], f"keys = {keys}\nresult = len(keys)\nkeys.unlink()") == 1
        assert self.status(reversed(two), key) == [401, 401]

    def test_expired_odoo_key(self, two, user_keys, warm):
        key = warm(user_keys["to expire"])
        postgres.sql("UPDATE res_users_apikeys SET expiration_date = now() AT TIME ZONE 'utc' - interval '1 second' "
                     "WHERE name = 'to expire'", database=two[0].databases[0])
        assert self.status(two, key) == [401, 401]

    def test_archived_key(self, two, admin, own_keys, warm):
        key = warm(own_keys["to archive"])
        ids = admin.call("json2.api.key", "search", {"domain": [["name", "=", "to archive"]]}).json()
        assert len(ids) == 1
        assert admin.call("json2.api.key", "write", {"ids": ids, "vals": {"active": False}}).status_code == 200
        assert self.status(reversed(two), key) == [401, 401]
        # A person does so, who types his password.
        WebClient(two[0], "admin").confirmed("json2.api.key", "action_unarchive", ids)
        assert self.status(reversed(two), key) == [200, 200]

    def test_expired_key(self, two, own_keys, warm):
        key = warm(own_keys["expiring"])
        postgres.sql("UPDATE json2_api_key SET expiration_date = now() AT TIME ZONE 'utc' - interval '1 second' "
                     "WHERE name = 'expiring'", database=two[0].databases[0])
        # What is changed past Odoo counts within a second.
        time.sleep(1.1)
        assert self.status(two, key) == [401, 401]

    def test_archived_user(self, two, admin, users, own_keys, user_keys, warm):
        keys = [warm(own_keys["temporary"]), warm(user_keys["temporary"])]
        answer = admin.call("res.users", "write", {"ids": [users["temporary"]["id"]], "vals": {"active": False}})
        assert answer.status_code == 200, answer.text
        assert [self.status(reversed(two), key) for key in keys] == [[401, 401]] * 2

    def test_deleted_key(self, two, admin, warm, own_keys):
        key = warm(own_keys["internal"])
        ids = admin.call("json2.api.key", "search", {"domain": [["prefix", "=", key[:9]]]}).json()
        assert len(ids) == 1
        assert admin.call("json2.api.key", "unlink", {"ids": ids}).status_code == 200
        assert self.status(reversed(two), key) == [401, 401]


@pytest.fixture(scope="class")
def database_of_tracebacks(prepared, new_database):
    return new_database(prepared)


@pytest.fixture(scope="class")
def plain(host, database_of_tracebacks):
    with Server(host, database_of_tracebacks, load=OURS) as server:
        yield server


@pytest.fixture(scope="class")
def in_dev_mode(host, database_of_tracebacks):
    with Server(host, database_of_tracebacks, load=OURS, extra=["--dev=xml"]) as server:
        yield server


class TestTraceback:
    # Errors of each kind: of werkzeug, of Odoo, of Python.
    CALLS = [("res.partner", "nope", {}), ("res.partner", "sudo", {}), ("res.partner", "search", {"domain": "bad"}),
             ("res.partner", "write", {"ids": [99999999], "vals": {"ref": "x"}})]

    def debugs(self, server, key, setting):
        client = Client(server, key)
        if setting is not None:
            body = {"key": "json2_backport.traceback", "value": setting}
            assert client.call("ir.config_parameter", "set_param", body).status_code == 200
        answers = [client.call(*call) for call in self.CALLS]
        return [answer.json()["debug"] for answer in answers]

    @pytest.mark.parametrize("setting", [None, "dev", "never", "nonsense"])
    def test_none(self, plain, api_key, setting):
        assert self.debugs(plain, api_key, setting) == [""] * len(self.CALLS)

    def test_always(self, plain, api_key):
        for debug in self.debugs(plain, api_key, "always"):
            assert debug.startswith("Traceback (most recent call last):\n")

    def test_always_is_for_administrators(self, plain, api_key, own_keys):
        self.debugs(plain, api_key, "always")
        assert self.debugs(plain, own_keys["internal"], None) == [""] * len(self.CALLS)

    def test_dev(self, in_dev_mode, api_key):
        for debug in self.debugs(in_dev_mode, api_key, "dev"):
            assert debug.startswith("Traceback (most recent call last):\n")

    def test_never_in_dev_mode(self, in_dev_mode, api_key):
        assert self.debugs(in_dev_mode, api_key, "never") == [""] * len(self.CALLS)

    def test_the_secret_is_in_none(self, plain, api_key):
        assert not any(api_key in debug for debug in self.debugs(plain, api_key, "always"))


def test_log_is_free_of_secrets(server, api_key, user_key, client):
    client.call("res.partner", "search", {"domain": "bad"})
    log = server.log.read_text()
    assert "/json/2/res.partner/search" in log
    assert api_key not in log
    assert user_key not in log


