import functools
import json
from unittest.mock import patch

from odoo.exceptions import AccessDenied

from .common import Json2Case

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
UNAUTHORIZED, FORBIDDEN, MISSING, ROLLED_BACK, USER_ERROR = -32001, -32003, -32004, -32024, -32022
TOO_LARGE, TOO_MANY = -32013, -32029
NO_ID = object()
DISPATCHER = "odoo.addons.json2_backport.dispatch.jsonrpc2.dispatcher"


class JsonRpcCase(Json2Case):
    def send(self, message, key=None, headers=None):
        """POST a message as it is (bytes) or as JSON."""
        key = self.key if key is None else key
        all_headers = {"Content-Type": "application/json"}
        if key:
            all_headers["Authorization"] = f"Bearer {key}"
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        return self.url_open("/jsonrpc2", data=data, headers={**all_headers, **(headers or {})})

    def request(self, method, params=None, id=1):  # noqa: A002
        """Return a request object, with ``NO_ID`` a notification."""
        message = {"jsonrpc": "2.0", "method": method, "params": {} if params is None else params, "id": id}
        return {name: value for name, value in message.items() if value is not NO_ID}

    def call(self, model, method, *args, **kwargs):
        return self.request("call", {"model": model, "method": method, "args": list(args), "kwargs": kwargs})

    def service(self, service, method, *args):
        return self.request("call", {"service": service, "method": method, "args": list(args)})

    def execute_kw(self, uid, password, *args):
        return self.service("object", "execute_kw", self.env.cr.dbname, uid, password, *args)

    def answer(self, message, **options):
        """Return the answer to a message, which has to be HTTP 200."""
        response = self.send(message, **options)
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(response.headers["Content-Type"], "application/json; charset=utf-8")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertTrue(response.headers["X-Request-Id"])
        self.assertNotIn("Set-Cookie", response.headers)
        return response.json()

    def result(self, message, **options):
        answer = self.answer(message, **options)
        self.assertEqual(list(answer), ["jsonrpc", "result", "id"], answer)
        return answer["result"]

    def assert_rpc_error(self, answer, code, message=None, id=None):  # noqa: A002
        """The answer is a response object with an error of this code and the five keys of /json/2 as its data."""
        self.assertEqual(list(answer), ["jsonrpc", "error", "id"], answer)
        self.assertEqual(list(answer["error"]), ["code", "message", "data"])
        self.assertEqual((answer["jsonrpc"], answer["error"]["code"], answer["id"]), ("2.0", code, id), answer)
        self.assertEqual(list(answer["error"]["data"]), ["name", "message", "arguments", "context", "debug"])
        if message is not None:
            self.assertEqual(answer["error"]["message"], message)
        return answer["error"]["data"]

    def rows(self):
        """Return the rows of the log of this endpoint, oldest first."""
        return self.env["json2.api.log"].sudo().search([("endpoint", "=", "/jsonrpc2")], order="id")

    def set_parameter(self, name, value):
        self.env["ir.config_parameter"].set_param(f"json2_backport.{name}", value)


class TestSpecification(JsonRpcCase):
    """The examples of https://www.jsonrpc.org/specification, with methods of Odoo."""

    def test_positional_parameters(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        answer = self.answer(self.request("res.partner.read", [[partner.id], ["name"]], id=1))
        self.assertEqual(answer, {"jsonrpc": "2.0", "result": [{"id": partner.id, "name": "Ada"}], "id": 1})
        answer = self.answer(self.request("res.partner.search", [[["id", "=", partner.id]], 0, 1], id=2))
        self.assertEqual(answer, {"jsonrpc": "2.0", "result": [partner.id], "id": 2})

    def test_named_parameters(self):
        for id_, params in (
            (3, {"domain": [["id", "=", 1]], "limit": 1}),
            (4, {"limit": 1, "domain": [["id", "=", 1]]}),
        ):
            answer = self.answer(self.request("res.partner.search", params, id=id_))
            self.assertEqual(answer, {"jsonrpc": "2.0", "result": [1], "id": id_})

    def test_notification(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        response = self.send(self.request("res.partner.write", [[partner.id], {"ref": "n"}], id=NO_ID))
        self.assertEqual((response.status_code, response.content), (204, b""))
        self.assertNotIn("Content-Type", response.headers)
        partner.invalidate_recordset()
        self.assertEqual(partner.ref, "n")
        response = self.send({"jsonrpc": "2.0", "method": "foobar"})
        self.assertEqual((response.status_code, response.content), (204, b""))

    def test_non_existent_method(self):
        answer = self.answer({"jsonrpc": "2.0", "method": "foobar", "id": "1"})
        self.assert_rpc_error(answer, METHOD_NOT_FOUND, "Method not found", id="1")

    def test_invalid_json(self):
        answer = self.answer(b'{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]')
        self.assert_rpc_error(answer, PARSE_ERROR, "Parse error")

    def test_invalid_request_object(self):
        answer = self.answer({"jsonrpc": "2.0", "method": 1, "params": "bar"})
        self.assert_rpc_error(answer, INVALID_REQUEST, "Invalid Request")

    def test_batch_of_invalid_json(self):
        answer = self.answer(b'[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"jsonrpc": "2.0", "method"]')
        self.assert_rpc_error(answer, PARSE_ERROR, "Parse error")

    def test_empty_array(self):
        self.assert_rpc_error(self.answer([]), INVALID_REQUEST, "Invalid Request")

    def test_invalid_batch(self):
        for batch in ([1], [1, 2, 3]):
            answers = self.answer(batch)
            self.assertEqual(len(answers), len(batch))
            for answer in answers:
                self.assert_rpc_error(answer, INVALID_REQUEST, "Invalid Request")

    def test_batch(self):
        answers = self.answer([
            self.request("res.partner.search_count", [[["id", "=", 1]]], id="1"),
            self.request("res.partner.search", {"domain": []}, id=NO_ID),
            self.request("res.partner.search_count", {"domain": [["id", "in", []]]}, id="2"),
            {"foo": "boo"},
            self.request("foo.get", {"name": "myself"}, id="5"),
            {"jsonrpc": "2.0", "method": "res.users.context_get", "id": "9"},
        ])
        self.assertEqual(len(answers), 5)
        self.assertEqual(answers[0], {"jsonrpc": "2.0", "result": 1, "id": "1"})
        self.assertEqual(answers[1], {"jsonrpc": "2.0", "result": 0, "id": "2"})
        self.assert_rpc_error(answers[2], INVALID_REQUEST, "Invalid Request")
        self.assert_rpc_error(answers[3], METHOD_NOT_FOUND, "Method not found", id="5")
        self.assertEqual((answers[4]["result"]["uid"], answers[4]["id"]), (self.admin.id, "9"))

    def test_batch_of_notifications(self):
        response = self.send([
            self.request("res.partner.search_count", [[]], id=NO_ID),
            self.request("foobar", [7], id=NO_ID),
        ])
        self.assertEqual((response.status_code, response.content), (204, b""))

    def test_ids_return_as_they_were_sent(self):
        for id_ in ("1", "", "é\ud800😀\n", 0, -1, 2**70, 1.5, None):
            answer = self.answer(self.request("res.partner.search_count", [[]], id=id_))
            self.assertEqual((answer["id"], type(answer["id"])), (id_, type(id_)))

    def test_ids_that_are_none(self):
        for id_ in (True, [1], {}):
            self.assert_rpc_error(self.answer(self.request("res.partner.search_count", [[]], id=id_)), INVALID_REQUEST)

    def test_invalid_params(self):
        for message in (
            self.request("res.partner.search", {"bogus": 1}),
            self.request("res.partner.search", [[], 0, 1, "id", False, 1, 2, 3]),
            self.request("call", [1]),
            self.call("res.partner", "read", "abc"),
            self.call("res.partner", "search", [["nofield", "=", 1]]),
            self.execute_kw(self.admin.id, self.key, "res.partner", "read", 1, 2),
        ):
            with self.subTest(message):
                self.assert_rpc_error(self.answer(message), INVALID_PARAMS, "Invalid params", id=1)

    def test_server_errors(self):
        self.assert_rpc_error(self.answer(self.call("res.partner", "write", [99999999], {"ref": "r"})), MISSING, id=1)
        answer = self.answer(self.call("res.partner", "sudo"))
        data = self.assert_rpc_error(answer, FORBIDDEN, id=1)
        self.assertEqual(answer["error"]["message"], data["message"])
        self.assertEqual(data["name"], "odoo.exceptions.AccessError")
        answer = self.answer(self.request("res.partner.search_count", {"domain": [], "context": {"lang": "xx_YY"}}))
        self.assert_rpc_error(answer, USER_ERROR, "Invalid language code: xx_YY", id=1)

    def test_internal_error(self):
        partners = type(self.env["res.partner"])
        with patch.object(partners, "search_count", side_effect=ZeroDivisionError("by zero"), autospec=True):
            with self.assertLogs("odoo.http", "ERROR"):
                answer = self.answer(self.request("res.partner.search_count", {"domain": []}))
            self.assert_rpc_error(answer, INTERNAL_ERROR, "Internal error", id=1)
            with self.assertLogs(DISPATCHER, "ERROR"):
                (answer,) = self.answer([self.request("res.partner.search_count", {"domain": []})])
            self.assert_rpc_error(answer, INTERNAL_ERROR, "Internal error", id=1)

    def test_nothing_but_json_is_answered(self):
        partners = type(self.env["res.partner"])
        count = patch.object(partners, "search_count", return_value=float("nan"), autospec=True)
        with count, self.assertLogs(DISPATCHER, "ERROR"):
            answers = self.answer([self.request("res.partner.search_count", {"domain": []})] * 2)
        for answer in answers:
            self.assert_rpc_error(answer, INTERNAL_ERROR, id=1)


class TestForms(JsonRpcCase):
    def test_create(self):
        id_ = self.result(self.call("res.partner", "create", {"name": "x"}))
        self.assertEqual(self.env["res.partner"].browse(id_).name, "x")
        ids = self.result(self.call("res.partner", "create", [{"name": "y"}, {"name": "z"}]))
        self.assertEqual(self.env["res.partner"].browse(ids).mapped("name"), ["y", "z"])
        ids = self.result(self.request("res.partner.create", {"vals_list": {"name": "named"}}))
        self.assertEqual(self.env["res.partner"].browse(ids).mapped("name"), ["named"])

    def test_results_have_the_shape_of_the_hosts_own(self):
        """What ``call_kw`` of the web client answers is what ``execute_kw`` answers."""
        partner = self.env["res.partner"].create({"name": "Ada"})
        self.authenticate("admin", "admin")
        for model, method, args, kwargs in (
            ("res.partner", "copy", [partner.id], {}),
            ("res.partner", "copy", [[partner.id]], {"default": {"name": "copied"}}),
            ("res.partner", "name_create", ["Created"], {}),
            ("res.partner", "search", [[["id", "=", 1]]], {}),
            ("res.partner", "read", [partner.id, ["name"]], {}),
            ("res.partner", "write", [[partner.id], {"ref": "r"}], {"context": {"lang": "en_US"}}),
            ("res.partner", "fields_get", [["name"], ["type"]], {}),
            ("res.users", "context_get", [], {}),
        ):
            with self.subTest(method=method, args=args):
                own = self.result(self.call(model, method, *args, **kwargs))
                host = self.url_open(
                    f"/web/dataset/call_kw/{model}/{method}",
                    data=json.dumps({"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}}),
                    headers={"Content-Type": "application/json"},
                ).json()["result"]
                self.assertIs(type(own), type(host))
                if method in ("search", "read", "write", "fields_get"):
                    self.assertEqual(own, host)

    def test_context_in_kwargs(self):
        partner = self.env["res.partner"].create({"name": "Gone", "active": False})
        domain = [["id", "=", partner.id]]
        self.assertEqual(self.result(self.call("res.partner", "search", domain)), [])
        self.assertEqual(self.result(self.call("res.partner", "search", domain, context={"active_test": False})), partner.ids)

    def test_named_arguments_alone(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        result = self.result(self.call("res.partner", "read", ids=[partner.id], fields=["name"]))
        self.assertEqual(result, [{"id": partner.id, "name": "Ada"}])

    def test_names_of_odoo_19_beside_positional_arguments(self):
        self.assertTrue(self.result(self.call("res.partner", "name_search", "", domain=[["id", "=", 1]])))

    def test_execute_kw(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        message = self.execute_kw(self.admin.id, self.key, "res.partner", "read", [[partner.id]], {"fields": ["name"]})
        self.assertEqual(self.result(message, key=""), [{"id": partner.id, "name": "Ada"}])
        message = self.service("object", "execute", self.env.cr.dbname, self.admin.id, self.key, "res.partner", "read",
                               [partner.id], ["name"])
        self.assertEqual(self.result(message, key=""), [{"id": partner.id, "name": "Ada"}])

    def test_common(self):
        version = self.result(self.service("common", "version"), key="")
        self.assertEqual(sorted(version), ["protocol_version", "server_serie", "server_version", "server_version_info"])
        database, login = self.env.cr.dbname, self.admin.login
        for method, args in (("login", ()), ("authenticate", ({},))):
            message = self.service("common", method, database, login, self.key, *args)
            self.assertEqual(self.result(message, key=""), self.admin.id)
        for name, password in (("nobody", self.key), (login, "wrong"), (login, "admin"), (login, "")):
            self.assertIs(self.result(self.service("common", "login", database, name, password), key=""), False)

    def test_other_services(self):
        self.assert_rpc_error(self.answer(self.service("db", "list")), FORBIDDEN, id=1)
        self.assert_rpc_error(self.answer(self.service("report", "render")), METHOD_NOT_FOUND, id=1)
        self.assert_rpc_error(self.answer(self.service("common", "about")), METHOD_NOT_FOUND, id=1)
        self.assert_rpc_error(self.answer(self.service("object", "exec_workflow")), METHOD_NOT_FOUND, id=1)

    def test_the_database_has_to_agree(self):
        params = {"model": "res.partner", "method": "search_count", "args": [[]]}
        self.result(self.request("call", {**params, "db": self.env.cr.dbname}))
        self.assert_rpc_error(self.answer(self.request("call", {**params, "db": "other"})), INVALID_PARAMS, id=1)
        message = self.service("object", "execute_kw", "other", self.admin.id, self.key, "res.partner", "search_count", [[]])
        self.assert_rpc_error(self.answer(message), INVALID_PARAMS, id=1)
        message = self.service("common", "login", "other", self.admin.login, self.key)
        self.assert_rpc_error(self.answer(message), INVALID_PARAMS, id=1)

    def test_flat_create(self):
        response = self.send(self.request("res.partner.create", {"name": "Flat"}))
        self.assertIn("vals_list", response.headers["Warning"])
        self.assertTrue(response.json()["result"])

    def test_media_types(self):
        message = json.dumps(self.request("res.partner.search_count", [[]])).encode()
        for media_type in ("application/json", "application/json; charset=utf-8", "application/json-rpc",
                           "application/x-www-form-urlencoded"):
            self.result(message, headers={"Content-Type": media_type})
        for media_type in ("text/plain", "application/xml", "multipart/form-data; boundary=x", "text/json"):
            response = self.send(message, headers={"Content-Type": media_type})
            self.assertEqual(response.status_code, 415, media_type)
            self.assert_rpc_error(response.json(), -32015)

    def test_get(self):
        response = self.url_open("/jsonrpc2")
        self.assertEqual(response.status_code, 405)
        self.assertIn("POST", response.headers["Allow"])


class TestAuthentication(JsonRpcCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        _, cls.employee_key = cls.env["json2.api.key"]._generate("Employee", cls.employee)
        # There are many wrong keys and passwords in these tests, all from one address.
        cls.env["ir.config_parameter"].set_param("base.login_cooldown_after", 0)

    def setUp(self):
        super().setUp()
        self.registry._login_failures = None
        self.addCleanup(setattr, self.registry, "_login_failures", None)

    def assert_unauthorized(self, response, id=None):  # noqa: A002
        self.assertEqual(response.status_code, 401, response.text)
        self.assertEqual(response.headers["WWW-Authenticate"].strip(), "Bearer")
        self.assertNotIn("Set-Cookie", response.headers)
        data = self.assert_rpc_error(response.json(), UNAUTHORIZED, id=id)
        self.assertEqual(data["name"], "werkzeug.exceptions.Unauthorized")

    def whoami(self, **params):
        return self.request("call", {"model": "res.users", "method": "context_get", **params})

    def test_without_a_key(self):
        for message in (self.whoami(), [self.whoami()], b"{", [], [1], {"jsonrpc": "2.0", "method": "foobar"}):
            self.assert_unauthorized(self.send(message, key=""))

    def test_wrong_keys(self):
        for key in ("bad", "j2_bad", self.key[:-1] + "?"):
            self.assert_unauthorized(self.send(self.whoami(), key=key))
            self.assert_unauthorized(self.send(self.whoami(api_key=key), key=""), id=1)
            self.assert_unauthorized(self.send(self.whoami(api_key=key)), id=1)
            message = self.execute_kw(self.admin.id, key, "res.users", "context_get", [])
            self.assert_unauthorized(self.send(message, key=""), id=1)

    def test_a_session_is_no_key(self):
        self.authenticate("admin", "admin")
        self.assert_unauthorized(self.send(self.whoami(), key=""))

    def test_key_in_the_parameters(self):
        self.assertEqual(self.result(self.whoami(api_key=self.employee_key), key="")["uid"], self.employee.id)
        message = self.request("res.users.context_get", {"api_key": self.employee_key})
        self.assertEqual(self.result(message, key="")["uid"], self.employee.id)

    def test_the_calls_own_key_comes_first(self):
        self.assertEqual(self.result(self.whoami(api_key=self.employee_key))["uid"], self.employee.id)

    def test_the_user_has_to_be_the_keys(self):
        for key in ("", self.key):
            for uid in (self.employee.id, 0, False, None, True, [self.admin.id], float(self.admin.id)):
                with self.subTest(uid):
                    message = self.execute_kw(uid, self.key, "res.users", "context_get", [])
                    self.assert_rpc_error(self.answer(message, key=key), FORBIDDEN, id=1)

    def test_bearer_with_a_password_that_is_none(self):
        for password in ("admin", "", None, False):
            message = self.execute_kw(self.admin.id, password, "res.users", "context_get", [])
            self.assertEqual(self.result(message)["uid"], self.admin.id)
        message = self.execute_kw(self.employee.id, "x", "res.users", "context_get", [])
        self.assert_rpc_error(self.answer(message), FORBIDDEN, id=1)

    def test_each_call_of_a_batch_has_its_own_key(self):
        batch = [self.whoami(api_key=self.employee_key), self.whoami(api_key=self.key), self.whoami(api_key="j2_bad"),
                 self.whoami(), self.service("common", "version")]
        first, second, third, fourth, fifth = self.answer(batch, key="")
        self.assertEqual((first["result"]["uid"], second["result"]["uid"]), (self.employee.id, self.admin.id))
        self.assert_rpc_error(third, UNAUTHORIZED, id=1)
        self.assert_rpc_error(fourth, UNAUTHORIZED, id=1)
        self.assertIn("server_version", fifth["result"])
        answers = self.answer(batch)
        self.assertEqual([answers[number]["result"]["uid"] for number in (0, 1, 3)],
                         [self.employee.id, self.admin.id, self.admin.id])

    def test_rights_are_those_of_the_calls_user(self):
        read = {"model": "json2.api.key", "method": "search_count", "args": [[]]}
        first, second = self.answer([
            self.request("call", read), self.request("call", {**read, "api_key": self.employee_key}),
        ])
        self.assertIn("result", first)
        self.assert_rpc_error(second, FORBIDDEN, id=1)

    def test_passwords_are_refused_by_default(self):
        self.assert_unauthorized(
            self.send(self.execute_kw(self.admin.id, "admin", "res.users", "context_get", []), key=""), id=1)

    def test_passwords(self):
        self.set_parameter("password_login", True)
        database = self.env.cr.dbname
        login = self.service("common", "login", database, "admin", "admin")
        self.assertEqual(self.result(login, key=""), self.admin.id)
        message = self.execute_kw(self.admin.id, "admin", "res.users", "context_get", [])
        self.assertEqual(self.result(message, key="")["uid"], self.admin.id)
        self.assertIs(self.result(self.service("common", "login", database, "admin", "wrong"), key=""), False)
        for uid in (self.employee.id, 0, -1, 99999999, 2**70, "x", None, True, [1]):
            with self.subTest(uid):
                message = self.execute_kw(uid, "admin", "res.users", "context_get", [])
                self.assert_unauthorized(self.send(message, key=""), id=1)

    def test_passwords_of_users_with_two_factors(self):
        """The host refuses them where ``_rpc_api_keys_only`` is true."""
        self.set_parameter("password_login", True)
        with patch.object(type(self.env["res.users"]), "_rpc_api_keys_only", return_value=True, autospec=True):
            message = self.execute_kw(self.admin.id, "admin", "res.partner", "search_count", [[]])
            self.assert_unauthorized(self.send(message, key=""), id=1)
            login = self.service("common", "login", self.env.cr.dbname, "admin", "admin")
            self.assertIs(self.result(login, key=""), False)

    def test_cooldown_is_the_hosts(self):
        self.set_parameter("password_login", True)
        users = type(self.env["res.users"])
        with patch.object(users, "_assert_can_auth", side_effect=AccessDenied("Too many login failures"), autospec=True):
            message = self.execute_kw(self.employee.id, "json2_employee", "res.partner", "search_count", [[]])
            response = self.send(message, key="")
        self.assert_unauthorized(response, id=1)
        self.assertEqual(response.json()["error"]["message"], "Too many login failures")

    def test_restrictions(self):
        self.key_record.write({"allowed_models": "res.partner", "allowed_methods": "search*, write"})
        self.result(self.call("res.partner", "search_count", []))
        for message in (self.call("res.users", "search_count", []), self.call("res.partner", "read", [1]),
                        self.request("res.users.search_count", {"domain": []}),
                        self.execute_kw(self.admin.id, self.key, "res.users", "search", [[]])):
            self.assert_rpc_error(self.answer(message), FORBIDDEN, id=1)
        self.key_record.read_only = True
        partner = self.env["res.partner"].create({"name": "Ada"})
        write = self.call("res.partner", "write", [partner.id], {"ref": "r"})
        self.assert_rpc_error(self.answer(write), FORBIDDEN, "This API key is read-only.", id=1)
        search = self.call("res.partner", "search", [])
        first, second, third = self.answer([search, write, search])
        self.assertEqual(first, third)
        self.assert_rpc_error(second, FORBIDDEN, id=1)
        self.key_record.allowed_networks = "192.0.2.0/24"
        for key in ("", self.key):
            message = self.request("res.partner.search", {"domain": [], "api_key": self.key})
            self.assert_rpc_error(self.answer(message, key=key), FORBIDDEN, id=1 if not key else None)


class TestBatch(JsonRpcCase):
    ATOMIC = {"X-Json2-Atomic": "true"}

    def setUp(self):
        super().setUp()
        self.partner = self.env["res.partner"].create({"name": "Ada", "ref": "0"})

    def writing(self, **values):
        return self.call("res.partner", "write", [self.partner.id], values)

    def ref(self):
        self.partner.invalidate_recordset()
        return self.partner.ref

    def test_a_failed_call_leaves_the_others(self):
        batch = [self.writing(ref="1"), self.writing(ref="2", nofield=1), self.writing(color=99999999999999),
                 self.call("res.partner", "read", [self.partner.id], ["ref"])]
        first, second, third, fourth = self.answer(batch)
        self.assertIs(first["result"], True)
        self.assert_rpc_error(second, INVALID_PARAMS, id=1)
        self.assert_rpc_error(third, INVALID_PARAMS, id=1)
        self.assertEqual(fourth["result"], [{"id": self.partner.id, "ref": "1"}])
        self.assertEqual(self.ref(), "1")

    def test_all_or_nothing(self):
        batch = [self.writing(ref="1"), self.writing(ref="2", nofield=1), self.writing(ref="3")]
        first, second, third = self.answer(batch, headers=self.ATOMIC)
        data = self.assert_rpc_error(first, ROLLED_BACK, id=1)
        self.assertEqual(data["name"], "werkzeug.exceptions.FailedDependency")
        self.assert_rpc_error(second, INVALID_PARAMS, id=1)
        self.assert_rpc_error(third, ROLLED_BACK, id=1)

    def test_all(self):
        answers = self.answer([self.writing(ref="1"), self.writing(comment="c")], headers=self.ATOMIC)
        self.assertEqual([answer["result"] for answer in answers], [True, True])
        self.assertEqual(self.ref(), "1")

    def test_nothing_is_begun_with_an_invalid_request(self):
        with patch.object(type(self.partner), "write", side_effect=AssertionError, autospec=True):
            answers = self.answer([self.writing(ref="1"), 1, self.writing(ref="2")], headers=self.ATOMIC)
        self.assertEqual([answer["error"]["code"] for answer in answers], [ROLLED_BACK, INVALID_REQUEST, ROLLED_BACK])

    def test_atomic_is_true_or_false(self):
        self.assert_rpc_error(self.answer([self.writing(ref="1")], headers={"X-Json2-Atomic": "yes"}), INVALID_REQUEST)
        self.assertEqual(self.ref(), "0")

    def test_a_violated_constraint(self):
        category = self.env["res.partner.category"].create({"name": "c"})
        delete = self.call("res.lang", "create", {"name": "Twice", "code": "en_US"})
        batch = [delete, self.call("res.partner.category", "write", [category.id], {"name": "d"})]
        first, second = self.answer(batch)
        data = self.assert_rpc_error(first, USER_ERROR, id=1)
        self.assertEqual(data["name"], "odoo.exceptions.ValidationError")
        self.assertIs(second["result"], True)

    def test_a_failed_call_leaves_nothing_in_the_caches(self):
        """The parameter is cached by the call that fails."""
        parameters = type(self.env["ir.config_parameter"])
        set_param = parameters.set_param

        @functools.wraps(set_param)
        def fail(records, key, value):
            set_param(records, key, value)
            records.get_param(key)
            raise ValueError("too late")

        with patch.object(parameters, "set_param", fail), self.assertLogs(DISPATCHER, "ERROR"):
            first, second = self.answer([
                self.call("ir.config_parameter", "set_param", "json2.test", "new"),
                self.call("ir.config_parameter", "get_param", "json2.test"),
            ])
        self.assert_rpc_error(first, INTERNAL_ERROR, id=1)
        self.assertIs(second["result"], False)

    def test_a_failed_call_leaves_nothing_for_after_the_commit(self):
        called = []

        def fail(records, values):
            records.env.cr.postcommit.add(lambda: called.append(1))
            raise ValueError("too late")

        with patch.object(type(self.partner), "write", fail), self.assertLogs(DISPATCHER, "ERROR"):
            self.answer([self.writing(ref="1")])
        self.env.cr.postcommit.run()
        self.assertEqual(called, [])

    def test_no_call_of_a_batch_may_end_the_transaction(self):
        """It would commit or roll back the calls before it, too."""
        category = self.env["res.partner.category"].create({"name": "c"})
        rename = self.call("res.partner.category", "write", [category.id], {"name": "d"})
        for end in ("commit", "rollback"):
            def write(records, values, end=end):
                getattr(records.env.cr, end)()

            with self.subTest(end), patch.object(type(self.partner), "write", write):
                first, second = self.answer([rename, self.writing(ref="1")])
                self.assertIs(first["result"], True)
                self.assert_rpc_error(second, INVALID_PARAMS, id=1)
                first, second = self.answer([rename, self.writing(ref="1")], headers=self.ATOMIC)
                self.assert_rpc_error(first, ROLLED_BACK, id=1)
                self.assert_rpc_error(second, INVALID_PARAMS, id=1)

    def test_a_read_only_call_leaves_the_others_in_the_transaction(self):
        """What keeps a call from ending the transaction is there again after one that had a stricter guard."""
        record, read_only = self.env["json2.api.key"]._generate("read-only", self.admin)
        record.read_only = True
        read = {"model": "res.partner", "method": "search_count", "args": [[]], "api_key": read_only}

        def write(records, values):
            records.env.cr.commit()

        with patch.object(type(self.partner), "write", write):
            first, second = self.answer([self.request("call", read), self.writing(ref="1")], headers=self.ATOMIC)
        self.assert_rpc_error(first, ROLLED_BACK, id=1)
        self.assert_rpc_error(second, INVALID_PARAMS, id=1)

    def test_the_length_is_bounded(self):
        self.set_parameter("batch_limit", 2)
        self.assertEqual(len(self.answer([self.writing(ref="1")] * 2)), 2)
        self.assert_rpc_error(self.answer([self.writing(ref="3")] * 3), INVALID_REQUEST)
        self.assertEqual(self.ref(), "1")
        self.set_parameter("batch_limit", 0)
        self.assertEqual(len(self.answer([self.call("res.partner", "search_count", [])] * 101)), 101)

    def test_of_notifications_and_calls(self):
        answers = self.answer([{**self.writing(ref="1"), "id": None}, self.request("res.partner.nope", id=NO_ID)])
        self.assertEqual(answers, [{"jsonrpc": "2.0", "result": True, "id": None}])


class TestLimits(JsonRpcCase):
    def setUp(self):
        super().setUp()
        # Counted in transactions of their own, which no test rolls back.
        self.addCleanup(self.forget)

    def forget(self):
        with self.env["json2.rate.window"]._own_cursor() as cr:
            cr.execute("DELETE FROM json2_rate_window")

    def test_each_call_of_a_batch_counts(self):
        self.set_parameter("rate_limit", 4)
        count = self.request("res.partner.search_count", {"domain": []})
        answers = self.answer([count] * 3)
        self.assertEqual([len(answers), *("result" in answer for answer in answers)], [3, True, True, True])
        first, second = self.answer([count] * 2)
        self.assertIn("result", first)
        self.assert_rpc_error(second, TOO_MANY, id=1)
        response = self.send(count)
        self.assertEqual(response.status_code, 429)
        self.assert_rpc_error(response.json(), TOO_MANY)
        self.assertTrue(response.headers["Retry-After"])

    def test_keys_in_the_body_count_too(self):
        self.set_parameter("rate_limit", 1)
        # A key of its own: calls are counted outside the test's transaction.
        _record, key = self.env["json2.api.key"]._generate("Limited", self.admin)
        message = self.request("res.partner.search_count", {"domain": [], "api_key": key})
        self.result(message, key="")
        response = self.send(message, key="")
        self.assertEqual(response.status_code, 429)
        self.assert_rpc_error(response.json(), TOO_MANY, id=1)

    def test_body(self):
        self.set_parameter("max_body_size", 100)
        response = self.send(self.request("res.partner.search_count", {"domain": [["name", "=", "x" * 100]]}))
        self.assertEqual(response.status_code, 413)
        self.assert_rpc_error(response.json(), TOO_LARGE)


class TestLog(JsonRpcCase):
    def test_a_call(self):
        before = self.rows()
        self.send(self.call("res.partner", "read", [1], ["name"]), headers={"X-Request-Id": "mine"})
        row = self.rows() - before
        self.assertEqual(
            (row.endpoint, row.model, row.method, row.id_count, row.record_ids, row.status, row.request_id),
            ("/jsonrpc2", "res.partner", "read", 1, "1", 200, "mine"),
        )
        self.assertEqual((row.key_id, row.user_id), (self.key_record, self.admin))

    def test_one_row_for_each_call_of_a_batch(self):
        before = self.rows()
        response = self.send([
            self.call("res.partner", "read", [1]), self.request("res.partner.nope", id=NO_ID), 1,
            self.service("common", "version"), self.request("res.partner.search_count", {"domain": []}, id=NO_ID),
        ])
        rows = self.rows() - before
        self.assertEqual(rows.mapped("status"), [200, 404, 400, 200, 200])
        models = [row.model or "" for row in rows]
        self.assertEqual(models, ["res.partner", "res.partner", "", "common", "res.partner"])
        self.assertEqual(set(rows.mapped("request_id")), {response.headers["X-Request-Id"]})
        self.assertEqual(rows.key_id, self.key_record)
        self.assertEqual(rows[1].error_name, "werkzeug.exceptions.NotFound")

    def test_names_that_no_database_can_store(self):
        before = self.rows()
        for name in ("\x00", "res.partner\x00", "\ud800"):
            for answer in self.answer([self.call(name, "read", [1]), self.call("res.partner", name, [1])]):
                self.assert_rpc_error(answer, METHOD_NOT_FOUND, id=1)
        self.assertEqual(len(self.rows() - before), 6)

    def test_arguments_have_names_and_no_secret(self):
        self.set_parameter("log_arguments", "always")
        before = self.rows()
        self.send([
            self.request("res.users.change_password", ["old secret", "new secret"]),
            self.execute_kw(self.admin.id, self.key, "res.partner", "search_count", [[["ref", "=", "r"]]]),
            self.service("common", "login", self.env.cr.dbname, "admin", self.key),
        ])
        kept = [row.arguments or "" for row in self.rows() - before]
        self.assertEqual(len(kept), 3)
        self.assertIn('"old_passwd"', kept[0])
        self.assertIn('"domain"', kept[1])
        for text in kept:
            self.assertNotIn("secret", text)
            self.assertNotIn(self.key, text)
