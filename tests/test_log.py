import base64
import functools
import json
import logging
import re
import time
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .. import series
from ..audit import entry, flood, rows
from ..identity import cooldown
from ..models import json2_api_log
from ..protocol import key as key_format
from .common import Json2Case

SECRET = "hunter2-Zx9"
ODOO_KEY = "3f2a9c0d" * 5


class LogCase(Json2Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "json2_log_user", "base.group_user,json2_backport.group_json2_user")
        cls.manager = new_test_user(cls.env, "json2_log_manager", "base.group_user,json2_backport.group_json2_manager")

    def setUp(self):
        super().setUp()
        self.before = self.last_id()
        host_failed = entry.Entry.failed

        def failed(entry, env, *args):
            """Tests have one transaction: what the log has committed would go when the request's cursor, below it in the
            stack of savepoints, is closed."""
            host_failed(entry, env, *args)
            env.cr.commit()

        patcher = patch.object(entry.Entry, "failed", failed)
        patcher.start()
        self.addCleanup(patcher.stop)

    def last_id(self):
        self.env.cr.execute("SELECT coalesce(max(id), 0) FROM json2_api_log")
        return self.env.cr.fetchone()[0]

    def rows(self):
        """Those written since the test began."""
        self.env.invalidate_all()
        return self.env["json2.api.log"].search([("id", ">", self.before)], order="id")

    def row(self):
        """The one row written since the last look, or since the test began."""
        row = self.rows()
        self.assertEqual(len(row), 1, row.read(["status", "model", "method", "error_message"]))
        self.before = row.id
        return row

    def set_parameter(self, name, value):
        self.env["ir.config_parameter"].set_param(name, value)

    def send(self, path, body=b"{}", verb="POST", **headers):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}", **headers}
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.opener.request(verb, self.base_url() + path, data=body, headers=headers, timeout=30)

    def insert(self, count=1, age=timedelta(), **values):
        """Rows that no call has made."""
        values = {
            "create_date": fields.Datetime.now() - age, "status": 200, "outcome": "success", "repetitions": 1, "endpoint": "/json/2",
            "duration": 1.0, **values,
        }  # fmt: skip
        names = ", ".join(values)
        self.env.cr.execute(
            f"INSERT INTO json2_api_log ({names}) SELECT {', '.join(['%s'] * len(values))} FROM generate_series(1, %s) RETURNING id",
            [*values.values(), count],
        )
        return [row_id for (row_id,) in self.env.cr.fetchall()]


class TestRow(LogCase):
    def test_success(self):
        partners = self.env["res.partner"].create([{"name": "Ada"}, {"name": "Bob"}])
        body = json.dumps({"ids": partners.ids, "fields": ["name"]}).encode()
        began = fields.Datetime.now()
        response = self.send("/json/2/res.partner/read", body, User_Agent="shop/1.0", X_Request_Id="order-4711")
        self.assertEqual(response.status_code, 200)
        row = self.row()
        values = row.read()[0]
        self.assertTrue(began <= values["create_date"] <= fields.Datetime.now() + timedelta(seconds=1))
        self.assertEqual((row.key_id, row.key_name, row.user_id), (self.key_record, "Tests", self.admin))
        self.assertEqual((row.ip, row.endpoint, row.model, row.method), ("127.0.0.1", "/json/2", "res.partner", "read"))
        self.assertEqual((row.id_count, row.record_ids), (2, ",".join(map(str, partners.ids))))
        self.assertEqual((row.status, row.outcome, row.repetitions), (200, "success", 1))
        self.assertEqual((row.error_name, row.error_message, row.traceback, row.arguments), (False, False, False, False))
        self.assertEqual((row.user_agent, row.request_id), ("shop/1.0", "order-4711"))
        self.assertEqual((row.request_size, row.response_size), (len(body), len(response.content)))
        self.assertTrue(0 < row.duration < 30_000)

    def test_duration(self):
        host_method = type(self.env["res.partner"]).search_count

        @functools.wraps(host_method)
        def slow(self, *args, **kwargs):
            time.sleep(0.3)
            return host_method(self, *args, **kwargs)

        with patch.object(type(self.env["res.partner"]), "search_count", slow):
            self.post("res.partner/search_count", {"domain": []})
        self.assertTrue(300 <= self.row().duration < 3000)

    def test_the_key_of_a_user(self):
        keys = self.env["res.users.apikeys"].with_user(self.employee).sudo()
        key = series.generate_user_key(keys, "rpc", "Tests", None)
        self.assertEqual(self.post("res.users/context_get", key=key).status_code, 200)
        row = self.row()
        self.assertEqual((row.user_id, row.key_id.id, row.key_name), (self.employee, False, False))

    def test_many_ids(self):
        """Their number is exact, of themselves a bound is kept."""
        ids = list(range(1_000_001, 1_000_251))
        self.post("res.partner/exists", {"ids": ids})
        row = self.row()
        self.assertEqual(row.id_count, 250)
        self.assertEqual(row.record_ids, ",".join(map(str, ids[:100])))

    def test_long_texts(self):
        self.send("/json/2/" + "m" * 2000 + "/" + "g" * 2000, User_Agent="u" * 2000)
        row = self.row()
        self.assertEqual((len(row.model), len(row.method), len(row.user_agent)), (512, 512, 512))

    def test_odd_texts(self):
        for path in ("res.partner/read%00", "res.partner/%ED%A0%80", "res.partner/%FF", "r%C3%A9s/%F0%9F%92%A9"):
            with self.subTest(path):
                self.assertGreaterEqual(self.send("/json/2/" + path).status_code, 400)
                self.assertEqual(self.row().key_id, self.key_record)

    def test_a_name_is_kept_after_its_key(self):
        record, key = self.env["json2.api.key"]._generate("Gone tomorrow", self.user)
        self.post("res.users/context_get", key=key)
        row = self.row()
        record.unlink()
        self.assertEqual((row.key_name, row.user_id), ("Gone tomorrow", self.user))
        columns = ["create_date", "key_id", "key_name", "user_id", "status"]
        values = row.with_user(self.manager).read(columns)[0]
        self.assertEqual((values["key_id"], values["key_name"]), (False, "Gone tomorrow"))
        if hasattr(row, "web_read"):  # since 17
            specification = {name: {"fields": {"display_name": {}}} if name in ("key_id", "user_id") else {} for name in columns}
            (values,) = row.with_user(self.manager).web_read(specification)
            self.assertEqual(values["key_name"], "Gone tomorrow")

    def test_rows_of_a_user_who_is_gone(self):
        """The list shows the user: it must open."""
        user = new_test_user(self.env, "json2_gone", "base.group_user")
        _record, key = self.env["json2.api.key"]._generate("Leaver", user)
        self.post("res.users/context_get", key=key)
        row = self.row()
        user.unlink()
        self.env.invalidate_all()
        self.assertEqual((row.user_id.id, row.key_id.id, row.key_name), (False, False, "Leaver"))
        self.assertTrue(row.with_user(self.manager).read(["user_id", "key_name"]))
        if hasattr(row, "web_read"):
            row.with_user(self.manager).web_read({"user_id": {"fields": {"display_name": {}}}})
        groups = self.env["json2.api.log"].with_user(self.manager).read_group([("id", "=", row.id)], ["id"], ["user_id"])
        self.assertEqual(sum(group["user_id_count"] for group in groups), 1)


class TestRefused(LogCase):
    """One row for each refused request, with what was tried."""

    def assert_refused(self, response, status, error, message=None, key=True, target=("res.partner", "search_count")):
        self.assertEqual(response.status_code, status, response.text)
        row = self.row()
        self.assertEqual((row.status, row.outcome), (status, "server_error" if status >= 500 else "client_error"))
        self.assertEqual((row.ip, row.endpoint, row.repetitions), ("127.0.0.1", "/json/2", 1))
        self.assertEqual(row.error_name, error)
        self.assertTrue(row.error_message)
        if key:
            self.assertIn(error.rpartition(".")[2], row.traceback)
        else:
            self.assertFalse(row.traceback, "strangers fill the disk with as little as possible")
        if message:
            self.assertEqual(row.error_message, message)
        self.assertEqual(row.response_size, len(response.content))
        self.assertEqual(row.request_id, response.headers["X-Request-Id"])
        self.assertEqual(row.key_id, self.key_record if key else self.env["json2.api.key"])
        self.assertNotIn(self.key, json.dumps(row.read(), default=str))
        with self.subTest("user", status=status):
            self.assertEqual(row.user_id, self.admin if key else self.env["res.users"])
        with self.subTest("target", status=status):
            self.assertEqual((row.model or "", row.method or ""), target)
        return row

    def test_401(self):
        name = "werkzeug.exceptions.Unauthorized"
        message = "User not authenticated, use an API Key with a Bearer Authorization header."
        self.assert_refused(self.post("res.partner/search_count", key=""), 401, name, message, key=False)
        for key in (key_format.generate(), "bad", ODOO_KEY, self.key[:-1] + "."):
            response = self.post("res.partner/search_count", key=key)
            row = self.assert_refused(response, 401, name, "Invalid apikey", key=False)
            self.assertNotIn(key, json.dumps(row.read(), default=str))

    def test_403_private_method(self):
        response = self.post("res.partner/_search", {"domain": []})
        self.assert_refused(response, 403, "odoo.exceptions.AccessError", target=("res.partner", "_search"))

    def test_403_restricted_key(self):
        self.key_record.allowed_models = "res.users"
        response = self.post("res.partner/search_count", {"domain": []})
        self.assert_refused(response, 403, "werkzeug.exceptions.Forbidden")

    def test_403_network(self):
        self.key_record.allowed_networks = "10.0.0.0/8"
        response = self.post("res.partner/search_count", {"domain": []})
        self.assert_refused(response, 403, "werkzeug.exceptions.Forbidden")

    def test_403_read_only(self):
        self.key_record.read_only = True
        response = self.post("res.partner/create", {"vals_list": [{"name": "x"}]})
        self.assert_refused(response, 403, "werkzeug.exceptions.Forbidden", target=("res.partner", "create"))

    def test_404(self):
        name = "werkzeug.exceptions.NotFound"
        self.assert_refused(self.post("no.model/read"), 404, name, target=("no.model", "read"))
        self.assert_refused(self.post("res.partner/nope"), 404, name, target=("res.partner", "nope"))

    def test_404_record(self):
        response = self.post("res.partner/write", {"ids": [999999], "vals": {"ref": "x"}})
        row = self.assert_refused(response, 404, "odoo.exceptions.MissingError", target=("res.partner", "write"))
        self.assertEqual((row.id_count, row.record_ids), (1, "999999"))

    def test_404_route(self):
        """No key is asked for, so none is known."""
        for verb, path in (("POST", "/json/2"), ("POST", "/json/2/res.partner"), ("POST", "/json/2/a/b/c"), ("GET", "/json/2/res.partner/read")):
            with self.subTest(path):
                response = self.send(path, verb=verb, body=None)
                self.assertEqual(response.status_code, 404)
                row = self.row()
                self.assertEqual((row.status, row.outcome, row.error_name), (404, "client_error", "werkzeug.exceptions.NotFound"))
                self.assertEqual(row.request_id, response.headers["X-Request-Id"])

    def test_400(self):
        response = self.send("/json/2/res.partner/search_count", b'{"domain":[}')
        self.assert_refused(response, 400, "werkzeug.exceptions.BadRequest")

    def test_413(self):
        self.set_parameter("json2_backport.max_body_size", 100)
        response = self.send("/json/2/res.partner/search_count", b'{"domain": []}' + b" " * 100)
        row = self.assert_refused(response, 413, "werkzeug.exceptions.RequestEntityTooLarge")
        self.assertEqual(row.request_size, 114)

    def test_415(self):
        response = self.send("/json/2/res.partner/search_count", b"a=b", Content_Type="application/x-www-form-urlencoded")
        self.assert_refused(response, 415, "werkzeug.exceptions.UnsupportedMediaType", key=False)

    def test_422(self):
        name = "werkzeug.exceptions.UnprocessableEntity"
        self.assert_refused(self.post("res.partner/search_count"), 422, name, "missing a required argument: 'domain'")
        response = self.post("res.partner/search_count", {"domain": [], "ids": "abc"})
        self.assert_refused(response, 422, name, "ids must be a record id or a list of record ids")

    def test_429_rate_limit(self):
        self.key_record.rate_limit = 1

        def forget():
            with self.env["json2.rate.window"]._own_cursor() as cr:
                cr.execute("DELETE FROM json2_rate_window")

        self.addCleanup(forget)
        self.assertEqual(self.post("res.partner/search_count", {"domain": []}).status_code, 200)
        self.before = self.rows().id
        response = self.post("res.partner/search_count", {"domain": []})
        self.assert_refused(response, 429, "werkzeug.exceptions.TooManyRequests")

    def test_429_cooldown(self):
        self.set_parameter("base.login_cooldown_after", 1)
        with patch.object(cooldown, "_logger"):
            self.post("res.partner/search_count", key="bad")
            self.before = self.rows().id
            response = self.post("res.partner/search_count", key="bad")
        self.assert_refused(response, 429, "werkzeug.exceptions.TooManyRequests", key=False)

    def test_500(self):
        host_method = type(self.env["res.partner"]).search_count

        @functools.wraps(host_method)
        def broken(self, *args, **kwargs):
            return 1 / 0

        with patch.object(type(self.env["res.partner"]), "search_count", broken), mute_logger("odoo.http"):
            response = self.post("res.partner/search_count", {"domain": []})
        row = self.assert_refused(response, 500, "builtins.ZeroDivisionError", "division by zero")
        self.assertIn("Traceback (most recent call last)", row.traceback)
        self.assertIn("return 1 / 0", row.traceback)

    def test_500_with_bytes_in_its_arguments(self):
        """What cannot be said in JSON must not break the error's own way."""
        host_method = type(self.env["res.partner"]).search_count

        @functools.wraps(host_method)
        def broken(self, *args, **kwargs):
            return b"\xe4".decode()

        with patch.object(type(self.env["res.partner"]), "search_count", broken), mute_logger("odoo.http"):
            response = self.post("res.partner/search_count", {"domain": []})
        self.assertEqual(response.headers["Content-Type"], "application/json; charset=utf-8")
        self.assert_refused(response, 500, "builtins.UnicodeDecodeError")

    def test_a_preflight_is_no_error(self):
        self.set_parameter("json2_backport.allowed_origins", "https://app.example.com")
        response = self.opener.options(self.base_url() + "/json/2/res.partner/read", headers={
            "Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"})
        self.assertEqual(response.status_code, 204)
        row = self.rows()
        if row:
            self.assertEqual((row.status, row.outcome), (204, "success"))
            self.assertEqual((row.error_name, row.error_message, row.traceback), (False, False, False))

    def test_a_refused_call_changes_nothing_but_the_log(self):
        response = self.post("res.partner/create", {"vals_list": [{"name": "json2 half"}, {"name": "x", "nofield": 1}]})
        self.assertEqual(response.status_code, 422, response.text)
        self.row()
        self.assertFalse(self.env["res.partner"].search([("name", "=", "json2 half")]))


class TestRequestId(LogCase):
    def test_own_and_new(self):
        for header, is_kept in (("order-4711", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("<b>", False), (None, False)):
            for path, status in (("res.users/context_get", 200), ("no.model/read", 404)):
                with self.subTest(header=header, path=path):
                    response = self.post(path, headers={"X-Request-Id": header} if header else {})
                    self.assertEqual(response.status_code, status)
                    found = response.headers["X-Request-Id"]
                    self.assertEqual(self.row().request_id, found)
                    if is_kept:
                        self.assertEqual(found, header)
                    else:
                        self.assertTrue(re.fullmatch("[0-9a-f]{32}", found), found)

    def test_the_servers_log_names_it(self):
        for path in ("no.model/read", "res.users/context_get"):
            with self.assertLogs("werkzeug", logging.INFO) as logs:
                self.post(path, headers={"X-Request-Id": "order-4711"})
            self.assertRegex(logs.output[0], rf'"POST /json/2/{path} HTTP/1.1" \d+ .*\[request order-4711\]$')

    def test_other_lines_of_the_servers_log(self):
        self.post("res.users/context_get")
        with self.assertLogs("werkzeug", logging.INFO) as logs:
            self.url_open("/web/login")
        self.assertNotIn("[request", logs.output[0])


class TestArguments(LogCase):
    BODY = {"domain": [["ref", "=", "seen"], ["ref", "!=", ODOO_KEY]]}

    def kept(self, body, status):
        response = self.post("res.partner/search_count", body)
        self.assertEqual(response.status_code, status, response.text)
        return self.row().arguments

    def test_when(self):
        for setting in (False, "never", "errors", "always"):
            for key in (False, "never", "errors", "always"):
                self.set_parameter("json2_backport.log_arguments", setting)
                self.key_record.log_arguments = key
                wanted = key or setting
                with self.subTest(setting=setting, key=key):
                    kept = self.kept(self.BODY, 200)
                    self.assertEqual(bool(kept), wanted == "always", kept)
                    kept = self.kept({**self.BODY, "wrong": 1}, 422)
                    self.assertEqual(bool(kept), wanted in ("errors", "always"), kept)

    def test_never_by_default(self):
        self.assertEqual(self.env["ir.config_parameter"].get_param("json2_backport.log_arguments"), "never")
        self.assertFalse(self.kept(self.BODY, 200))

    def test_what(self):
        self.set_parameter("json2_backport.log_arguments", "always")
        kept = json.loads(self.kept({**self.BODY, "context": {"lang": "en_US"}}, 200))
        self.assertEqual(kept["domain"], [["ref", "=", "seen"], ["ref", "!=", "***"]])

    def test_size(self):
        self.set_parameter("json2_backport.log_arguments", "always")
        body = {"domain": [["ref", "=", "some, thing " * 2000]]}
        kept = self.kept(body, 200)
        self.assertTrue(10_000 <= len(kept) < 10_100, len(kept))
        self.set_parameter("json2_backport.log_arguments_size", 50)
        self.assertTrue(50 <= len(self.kept(body, 200)) < 100)

    def test_nonsense_in_the_parameters_harms_no_call(self):
        self.set_parameter("json2_backport.log_arguments", "always")
        for value in ("lots", "-1", "0", "1.5"):
            with self.subTest(value):
                self.set_parameter("json2_backport.log_arguments_size", value)
                self.assertTrue(self.kept(self.BODY, 200))
                self.assertTrue(self.kept({**self.BODY, "wrong": 1}, 422))

    def test_deep_arguments_harm_no_call(self):
        """The answer must not depend on the log."""
        for depth in (100, 300, 600):
            with self.subTest(depth):
                value = functools.reduce(lambda inner, _number: [inner], range(depth), 1)
                body = {"vals_list": [], "wrong": value}
                self.set_parameter("json2_backport.log_arguments", "never")
                expected = self.post("res.partner/create", body)
                self.before = self.last_id()
                self.set_parameter("json2_backport.log_arguments", "always")
                found = self.post("res.partner/create", body)
                self.assertEqual((found.status_code, found.text), (expected.status_code, expected.text))
                self.row()

    def test_secrets(self):
        self.set_parameter("json2_backport.log_arguments", "always")
        for body in (
            {"vals_list": [{"name": "x", "password": SECRET, "nofield": ODOO_KEY}]},
            {"vals_list": [{"name": "x", "Access_Token": SECRET, "comment": self.key}]},
            {"vals_list": [{"name": "x", "nofield": 1, "comment": f"Bearer {self.key}"}]},
        ):
            response = self.post("res.partner/create", body)
            self.assertEqual(response.status_code, 422, response.text)
            row = self.row()
            text = json.dumps(row.read(), default=str)
            for secret in (SECRET, ODOO_KEY, self.key):
                self.assertNotIn(secret, text)
            self.assertIn('"name": "x"', row.arguments)

    def test_a_system_parameter(self):
        """It is set by `key` and `value`: the name stands beside its secret."""
        self.set_parameter("json2_backport.log_arguments", "always")
        response = self.post("ir.config_parameter/set_param", {"key": "shop.api_key", "value": SECRET})
        self.assertEqual(response.status_code, 200)
        self.assertNotIn(SECRET, self.row().arguments)

    def test_binary_content(self):
        self.set_parameter("json2_backport.log_arguments", "always")
        content = base64.b64encode(bytes(range(256)) * 4).decode()
        response = self.post("ir.attachment/create", {"vals_list": [{"name": "x.bin", "datas": content}]})
        self.assertEqual(response.status_code, 200, response.text)
        row = self.row()
        self.assertNotIn(content[:50], row.arguments)
        self.assertIn("x.bin", row.arguments)

    def test_messages_and_tracebacks(self):
        """Of any exception, chained ones too."""
        host_method = type(self.env["res.partner"]).search_count
        text = f"cannot log in with {{'login': 'ada', 'password': '{SECRET}'}}, Authorization: Bearer {self.key}, {ODOO_KEY}"

        @functools.wraps(host_method)
        def broken(self, *args, **kwargs):
            try:
                raise ValueError(f"token={SECRET}")
            except ValueError as exc:
                raise UserError(text) from exc

        with patch.object(type(self.env["res.partner"]), "search_count", broken):
            response = self.post("res.partner/search_count", {"domain": []})
        self.assertEqual(response.status_code, 422, response.text)
        row = self.row()
        stored = json.dumps(row.read(), default=str)
        for secret in (SECRET, self.key, ODOO_KEY):
            self.assertNotIn(secret, stored)
        self.assertIn("'login': 'ada'", row.error_message)
        self.assertIn("ValueError: token=***", row.traceback)

    def test_in_the_headers(self):
        self.send("/json/2/res.users/context_get", User_Agent=f"shop Bearer {self.key}")
        self.assertNotIn(self.key, json.dumps(self.row().read(), default=str))

    def test_in_the_url(self):
        """A person who takes the key for part of the path."""
        self.send(f"/json/2/res.partner/{self.key}")
        self.assertNotIn(self.key, json.dumps(self.row().read(), default=str))

    def test_as_request_id(self):
        response = self.send("/json/2/res.users/context_get", X_Request_Id=self.key)
        self.assertNotIn(self.key, json.dumps(self.row().read(), default=str))
        self.assertNotEqual(response.headers["X-Request-Id"], self.key)

    def test_a_long_message_costs_no_time(self):
        began = time.monotonic()
        response = self.post("res.partner/search_count", {"domain": [["name", "nooperator", "a"], ["name", "x" * 10_000, "a"]]})
        self.assertEqual(response.status_code, 422)
        response = self.post("res.partner/search_count", {"domain": [["name", "x" * 3_000, "a"]]})
        self.assertLess(time.monotonic() - began, 3)
        self.assertLess(len(self.rows()[-1].error_message), 20_000)


class TestAppendOnly(LogCase):
    def setUp(self):
        super().setUp()
        (self.row_id,) = self.insert(user_id=self.user.id, model="res.partner", method="read", record_ids="1")
        self.before = self.last_id()

    def test_orm(self):
        for user in (self.admin, self.manager, self.user, self.employee):
            logs = self.env["json2.api.log"].with_user(user)
            for attempt in (
                lambda logs=logs: logs.create({"model": "x"}),
                lambda logs=logs: logs.browse(self.row_id).write({"status": 404}),
                lambda logs=logs: logs.browse(self.row_id).unlink(),
                lambda logs=logs: logs.browse(self.row_id).copy(),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    attempt()

    def test_api(self):
        attempts = [
            ("create", {"vals_list": [{"model": "x"}]}),
            ("write", {"ids": [self.row_id], "vals": {"status": 404}}),
            ("unlink", {"ids": [self.row_id]}),
            ("copy", {"ids": [self.row_id]}),
            ("name_create", {"name": "x"}),
            ("_gc_old_calls", {}),
            ("_remove_batch", {"before": "2999-01-01"}),
            ("_keep_last_uses", {}),
            ("init", {}),
            ("sudo", {}),
            ("web_save", {"ids": [self.row_id], "vals": {"status": 404}, "specification": {}}),
        ]
        for method, body in attempts:
            with self.subTest(method):
                response = self.post(f"json2.api.log/{method}", body)
                if method not in ("init", "sudo"):
                    self.assertGreaterEqual(response.status_code, 400, response.text)
        response = self.post("json2.api.log/load", {"fields": [".id", "status"], "data": [[str(self.row_id), "404"]]})
        self.assertFalse(response.status_code == 200 and response.json().get("ids"), response.text)
        self.assertEqual(self.env["json2.api.log"].browse(self.row_id).status, 200)
        self.assertEqual(len(self.rows()), len(attempts) + 1)

    def test_who_sees_what(self):
        self.insert(user_id=self.manager.id)
        self.insert(user_id=None)
        logs = self.env["json2.api.log"]
        domain = [("id", ">=", self.row_id)]
        self.assertEqual(logs.with_user(self.user).search(domain).ids, [self.row_id])
        self.assertEqual(logs.with_user(self.manager).search_count(domain), 3)
        self.assertEqual(logs.with_user(self.admin).search_count(domain), 3)
        with self.assertRaises(AccessError):
            logs.with_user(self.employee).search(domain)
        other = logs.search(domain, order="id desc", limit=1)
        with self.assertRaises(AccessError):
            other.with_user(self.user).read(["status"])

    def test_a_user_sees_the_refusals_of_his_own_key(self):
        record, key = self.env["json2.api.key"]._generate("Mine", self.user, allowed_networks="10.0.0.0/8")
        self.assertEqual(self.post("res.users/context_get", key=key).status_code, 403)
        row = self.row()
        self.assertEqual(row.key_id, record)
        self.assertTrue(self.env["json2.api.log"].with_user(self.user).search([("id", "=", row.id)]))

    def test_by_api_too(self):
        _record, key = self.env["json2.api.key"]._generate("Mine", self.user)
        found = self.post("json2.api.log/search_read", {"domain": [], "fields": ["user_id"]}, key=key).json()
        self.assertEqual({row["user_id"][0] for row in found}, {self.user.id})
        _record, key = self.env["json2.api.key"]._generate("Employee", self.employee)
        self.assertEqual(self.post("json2.api.log/search_count", {"domain": []}, key=key).status_code, 403)


class TestRecords(LogCase):
    def test_from_a_call_to_its_records(self):
        partners = self.env["res.partner"].create([{"name": "Ada"}, {"name": "Bob"}])
        self.post("res.partner/read", {"ids": partners.ids, "fields": ["name"]})
        action = self.row().with_user(self.manager).action_records()
        self.assertEqual(action["res_model"], "res.partner")
        self.assertEqual(self.env["res.partner"].search(action["domain"]), partners)
        self.assertEqual([kind for _view, kind in action["views"]], ["list", "form"])

    def test_without_records(self):
        for values in ({"model": "res.partner"}, {"model": "no.model", "record_ids": "1"}, {"record_ids": "1"}):
            with self.subTest(values), self.assertRaises(UserError):
                self.env["json2.api.log"].browse(self.insert(**values)).action_records()

    def test_from_a_key_to_its_calls(self):
        self.post("res.users/context_get")
        row = self.row()
        action = self.key_record.with_user(self.admin).action_calls()
        self.assertEqual(action["res_model"], "json2.api.log")
        self.assertIn(row, self.env["json2.api.log"].search(action["domain"]))
        self.post("res.users/context_get", key="bad")
        self.assertNotIn(self.row(), self.env["json2.api.log"].search(action["domain"]))


class TestFlood(LogCase):
    def flood(self, count, **headers):
        with mute_logger("odoo.addons.json2_backport.audit.entry"), patch.object(cooldown, "_logger"):
            for number in range(count):
                response = self.post("res.partner/search_count", key=f"bad{number}", headers=headers)
                self.assertIn(response.status_code, (401, 429))

    def minutes(self, began):
        return int(time.time() // 60) - int(began // 60) + 1

    def test_without_the_cooldown(self):
        self.set_parameter("base.login_cooldown_after", 0)
        began = time.time()
        self.flood(1000)
        rows = self.rows()
        self.assertLessEqual(len(rows), 31 * self.minutes(began))
        self.assertEqual(sum(rows.mapped("repetitions")), 1000)

    def test_with_the_cooldown(self):
        """What is refused in the cooldown is counted just the same."""
        began = time.time()
        self.flood(200)
        rows = self.rows()
        self.assertEqual(set(rows.mapped("status")), {401, 429})
        self.assertLessEqual(len(rows), 31 * self.minutes(began))
        self.assertEqual(sum(rows.mapped("repetitions")), 200)

    def test_what_is_counted_at_the_end_of_a_minute(self):
        """Nothing is lost when the next minute begins."""
        self.set_parameter("base.login_cooldown_after", 0)
        with patch.object(flood, "time") as clock:
            clock.time.return_value = 6000.0
            self.flood(50)
            clock.time.return_value = 6060.0
            self.flood(1)
        rows = self.rows()
        self.assertEqual(len(rows), flood.ROWS_PER_MINUTE + 1)
        self.assertEqual(sum(rows.mapped("repetitions")), 51)

    def test_a_valid_key_is_not_held_up(self):
        """Every call with a key has its row, errors as well."""
        self.set_parameter("base.login_cooldown_after", 0)
        self.flood(40)
        before = self.last_id()
        for _number in range(40):
            self.post("no.model/read")
        self.assertEqual(self.env["json2.api.log"].search_count([("id", ">", before), ("key_id", "=", self.key_record.id)]), 40)

    def test_no_route_and_no_type_are_counted_too(self):
        began = time.time()
        for _number in range(35):
            self.send("/json/2/nowhere", Authorization="")
            self.send("/json/2/res.partner/read", Content_Type="text/plain")
        self.assertLessEqual(len(self.rows()), 31 * self.minutes(began))


class TestRetention(LogCase):
    def setUp(self):
        super().setUp()
        with rows.unlocked(self.env.cr):
            self.env.cr.execute("DELETE FROM json2_api_log")
        self.env.invalidate_all()
        self.before = 0

    def ages(self):
        self.env.cr.execute("SELECT extract(day FROM now() AT TIME ZONE 'utc' - create_date) FROM json2_api_log ORDER BY id")
        return [int(days) for (days,) in self.env.cr.fetchall()]

    def fill(self):
        for days in (0, 1, 29, 31, 89, 91, 400):
            self.insert(age=timedelta(days=days, minutes=1))

    def collect(self):
        self.env["json2.api.log"]._gc_old_calls()

    def test_ninety_days_by_default(self):
        self.fill()
        self.collect()
        self.assertEqual(self.ages(), [0, 1, 29, 31, 89])

    def test_setting(self):
        self.fill()
        self.set_parameter("json2_backport.log_retention", 30)
        self.collect()
        self.assertEqual(self.ages(), [0, 1, 29])

    def test_zero_keeps(self):
        """As the settings page writes it: the host removes a parameter that is 0."""
        self.fill()
        settings = self.env["res.config.settings"].create({})
        settings.json2_log_retention = 0
        settings.execute()
        self.collect()
        self.assertEqual(len(self.ages()), 7)
        self.set_parameter("json2_backport.log_retention", "0")
        self.collect()
        self.assertEqual(len(self.ages()), 7)

    def test_nonsense_keeps(self):
        self.fill()
        for value in ("-1", "many", "1.5", " "):
            with self.subTest(value):
                self.set_parameter("json2_backport.log_retention", value)
                self.collect()
                self.assertEqual(len(self.ages()), 7)

    def test_batches(self):
        self.insert(25, age=timedelta(days=100))
        self.insert(5)
        with patch.object(json2_api_log, "RETENTION_BATCH", 10), \
             patch.object(json2_api_log, "commit_batch") as commit:
            self.collect()
        self.assertEqual(self.ages(), [0] * 5)
        self.assertEqual(commit.call_count, 2)

    def test_full_batches(self):
        self.insert(20, age=timedelta(days=100))
        with patch.object(json2_api_log, "RETENTION_BATCH", 10), patch.object(json2_api_log, "commit_batch"):
            self.collect()
        self.assertEqual(self.ages(), [])

    def test_the_oldest_first(self):
        ids = [self.insert(age=timedelta(days=days))[0] for days in (100, 300, 200)]
        left = []

        def look(_env):
            self.env.cr.execute("SELECT id FROM json2_api_log ORDER BY id")
            left.append([row_id for (row_id,) in self.env.cr.fetchall()])

        with patch.object(json2_api_log, "RETENTION_BATCH", 1), patch.object(json2_api_log, "commit_batch", look):
            self.collect()
        self.assertEqual(left, [[ids[0], ids[2]], [ids[0]], []])

    def test_it_is_part_of_the_daily_job(self):
        self.fill()
        method = type(self.env["json2.api.log"])._gc_old_calls
        self.assertTrue(getattr(method, "_autovacuum", False))

    def test_the_last_use_of_a_key_is_known_afterwards(self):
        used = fields.Datetime.now().replace(microsecond=0) - timedelta(days=100)
        self.insert(age=timedelta(days=120), key_id=self.key_record.id, ip="10.0.0.1")
        self.insert(age=fields.Datetime.now() - used, key_id=self.key_record.id, ip="10.0.0.2")
        archived, _key = self.env["json2.api.key"]._generate("Archived", self.user, active=False)
        self.insert(age=timedelta(days=95), key_id=archived.id, ip="10.0.0.3")
        self.env.invalidate_all()
        self.collect()
        self.env.invalidate_all()
        self.assertEqual(self.ages(), [])
        self.assertAlmostEqual(self.key_record.last_use_date, used, delta=timedelta(seconds=2))
        self.assertEqual(self.key_record.last_use_ip, "10.0.0.2")
        self.assertEqual(archived.last_use_ip, "10.0.0.3")
        # And again, when nothing is left to tell.
        self.collect()
        self.env.invalidate_all()
        self.assertEqual(self.key_record.last_use_ip, "10.0.0.2")

    def test_a_later_use_counts(self):
        self.insert(age=timedelta(days=100), key_id=self.key_record.id, ip="10.0.0.1")
        self.collect()
        self.post("res.users/context_get")
        self.env.invalidate_all()
        self.assertEqual(self.key_record.last_use_ip, "127.0.0.1")


class TestLogThatCannotBeWritten(LogCase):
    def broken(self):
        return patch.object(rows, "_insert_statement", lambda columns: "INSERT INTO json2_no_such_table VALUES (1)")

    @mute_logger("odoo.sql_db", "odoo.addons.json2_backport.audit.entry")
    def test_errors_are_answered(self):
        for path, body, key in (
            ("no.model/read", {}, None), ("res.partner/search_count", {}, None), ("res.partner/_search", {}, None),
            ("res.partner/write", {"ids": [999999], "vals": {"ref": "x"}}, None), ("res.partner/read", {}, "bad"),
        ):  # fmt: skip
            with self.subTest(path):
                expected = self.post(path, body, key)
                with self.broken():
                    found = self.post(path, body, key)
                self.assertEqual((found.status_code, found.text), (expected.status_code, expected.text))
                self.assertTrue(found.headers["X-Request-Id"])

    @mute_logger("odoo.sql_db")
    def test_it_is_told(self):
        with self.broken(), self.assertLogs("odoo.addons.json2_backport.audit.entry", "ERROR"):
            self.post("no.model/read")

    @mute_logger("odoo.addons.json2_backport.audit.entry")
    def test_whatever_the_reason(self):
        for target, name in ((flood, "write"), (entry.Entry, "_row"), (entry, "mask_beginning")):
            with self.subTest(name), patch.object(target, name, side_effect=MemoryError):
                response = self.post("no.model/read")
                self.assert_error(response, 404, "werkzeug.exceptions.NotFound", "the model 'no.model' does not exist")

    @mute_logger("odoo.sql_db", "odoo.http")
    def test_nothing_is_changed_without_a_row(self):
        with self.broken():
            response = self.post("res.partner/create", {"vals_list": [{"name": "json2 unlogged"}]})
        self.assertGreaterEqual(response.status_code, 500)
        self.assertFalse(self.env["res.partner"].search([("name", "=", "json2 unlogged")]))
