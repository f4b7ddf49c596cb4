import json
from types import SimpleNamespace
from unittest.mock import patch

from werkzeug.exceptions import TooManyRequests, abort

from odoo.http import Controller, Response

from .. import audit, series
from ..identity import cooldown
from ..protocol import key as key_format
from .common import Json2Case

COUNT = "/json/2/res.partner/search_count"


class TestRoutesOfTheAddon(Json2Case):
    def test_the_host_knows_no_controller_by_the_name_of_the_module(self):
        """It serves those of every module that the server has loaded, in all of its databases."""
        self.assertFalse(Controller.children_classes.get("json2_backport"))
        self.assertEqual(self.post("res.partner/search_count", {"domain": []}).status_code, 200)


class TestRaisedResponse(Json2Case):
    def test_a_response_that_a_method_raises_is_logged(self):
        """The host sends it as it is: it is no error, and no result."""
        partner_class = type(self.env["res.partner"])
        raising = patch.object(partner_class, "name_create", lambda self, name: abort(Response("x", 202)))
        # Before 18 the tests' cursor of the request takes every row back that is written before it is closed.
        with raising, patch.object(audit.Entry, "failed", autospec=True) as failed:
            response = self.post("res.partner/name_create", {"name": "x"})
        self.assertEqual((response.status_code, response.text), (202, "x"))
        entry, _env, credentials, status = failed.call_args[0][:4]
        self.assertEqual((status, credentials.key_id, entry.method), (202, self.key_record.id, "name_create"))
        self.assertEqual(entry.request_id, response.headers["X-Request-Id"])


class TestOptions(Json2Case):
    def options(self, path, **headers):
        return self.opener.options(self.base_url() + path, headers=headers, timeout=12)

    def test_it_never_makes_a_call(self):
        body = json.dumps({"vals_list": [{"name": "json2 options"}]}).encode()
        authorization = {"Authorization": f"Bearer {self.key}"}
        for path in ("/json/2/res.partner/create", "/jsonrpc2"):
            for headers in (authorization, {**authorization, "Origin": "https://app.example.com"}, {}):
                with self.subTest(path, headers=headers):
                    response = self.opener.options(
                        self.base_url() + path,
                        data=body,
                        headers={"Content-Type": "application/json", **headers},
                        timeout=12,
                    )
                    self.assertEqual((response.status_code, response.content), (204, b""))
                    self.assertEqual(response.headers["Allow"], "POST, OPTIONS")
                    self.assertNotIn("Set-Cookie", response.headers)
                    self.assertFalse([name for name in response.headers if name.lower().startswith("access-control-")])
        self.assertFalse(self.env["res.partner"].search([("name", "=", "json2 options")]))

    def test_where_no_call_is_made_it_is_answered_as_every_other_method(self):
        response = self.options("/json/2/res.partner", Authorization=f"Bearer {self.key}")
        self.assert_error(response, 404, "werkzeug.exceptions.NotFound", "Did you mean POST /json/2/<model>/<method>?")


class TestCooldown(Json2Case):
    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("base.login_cooldown_after", 2)
        self.startPatch(cooldown, "_logger")

    def startPatch(self, target, name):
        patcher = patch.object(target, name)
        self.addCleanup(patcher.stop)
        return patcher.start()

    def status(self, key):
        return self.post("res.partner/search_count", {"domain": []}, key=key).status_code

    def user_key(self):
        keys = self.env["res.users.apikeys"].with_user(self.employee).sudo()
        return series.generate_user_key(keys, "rpc", "Tests", None)

    def test_a_valid_key_that_this_process_has_not_seen_is_never_slowed(self):
        wrong = [self.status(key_format.generate()) for _ in range(4)]
        self.assertEqual(wrong, [401, 401, 429, 429])
        self.assertEqual(self.status(self.key), 200)
        self.assertEqual(self.status(self.user_key()), 200)
        self.assertEqual(self.status("bad"), 429)

    def test_a_wrong_key_of_odoo_costs_no_hash_unless_its_index_matches(self):
        keys = "odoo.addons.base.models.res_users.KEY_CRYPT_CONTEXT"
        user_key = self.user_key()
        with patch(keys) as context:
            context.verify.return_value = False
            for _ in range(4):
                self.assertGreaterEqual(self.status("0" * 40), 401)
            context.verify.assert_not_called()
            self.status(user_key[:8] + "0" * 32)
            context.verify.assert_called()

    def test_addresses_of_one_ipv6_network_are_counted_together(self):
        def fail_from(address):
            request = SimpleNamespace(db="x", env=self.env, httprequest=SimpleNamespace(remote_addr=address))
            return cooldown.record_failure(request)

        self.assertIsNone(fail_from("2001:db8::1"))
        self.assertIsNone(fail_from("2001:db8::1:2"))
        with self.assertRaises(TooManyRequests):
            fail_from("2001:db8::2:3")
        for address in ("2001:db8:0:1::1", "192.0.2.1", "::ffff:192.0.2.2"):
            self.assertIsNone(fail_from(address))


class TestDatabaseInTheBody(Json2Case):
    def ask(self, params, key=None):
        return self.url_open(
            "/jsonrpc2",
            data=json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}).encode(),
            headers={"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})},
        )

    def answers(self, params, key=None):
        """What is told of the right name and of a wrong one, the name itself left out."""
        for database in (self.env.cr.dbname, "json2_no_such_database"):
            response = self.ask(json.loads(json.dumps(params).replace("DATABASE", database)), key)
            yield response.status_code, response.text.replace(database, "DATABASE")

    def test_without_a_valid_key_its_name_tells_nothing(self):
        execute = {"service": "object", "method": "execute_kw"}
        call = ["res.partner", "search_count", [[]]]
        common = {"service": "common", "method": "login"}
        for params in (
            {**execute, "args": ["DATABASE", 2, "", *call]},
            {**execute, "args": ["DATABASE", 2, "bad", *call]},
            {**execute, "args": ["DATABASE", 2, key_format.generate(), *call]},
            {"model": "res.partner", "method": "search_count", "args": [[]], "db": "DATABASE", "api_key": "bad"},
            {**common, "args": ["DATABASE", "admin", "bad"]},
            {**common, "args": ["DATABASE", "admin", ""]},
        ):
            with self.subTest(params):
                cooldown._failures.clear()
                right, wrong = self.answers(params)
                self.assertEqual(right, wrong)

    def test_who_has_a_valid_key_is_told(self):
        for params in (
            {"service": "object", "method": "execute_kw", "args": ["DATABASE", 2, self.key, "res.partner", "search_count", [[]]]},
            {"service": "common", "method": "login", "args": ["DATABASE", "admin", self.key]},
        ):
            right, wrong = self.answers(params)
            self.assertIn('"result"', right[1])
            self.assertIn("has not reached the database 'DATABASE'", wrong[1])


class TestTrustedDevices(Json2Case):
    """``auth_totp.device`` inherits the model of the users' own keys, which we extend."""

    def setUp(self):
        super().setUp()
        if "auth_totp.device" not in self.env:
            self.skipTest("auth_totp is not installed")
        self.devices = self.env["auth_totp.device"].with_user(self.admin).sudo()
        self.secret = series.generate_user_key(self.devices, "browser", "Device", None)

    def test_they_can_be_read_and_revoked(self):
        device = self.devices.search([("name", "=", "Device")])
        self.assertEqual(device.read(["name", "create_date"])[0]["name"], "Device")
        device._remove()
        self.assertFalse(self.devices.search([("name", "=", "Device")]))

    def test_they_go_when_their_user_changes_his_password(self):
        user = self.devices.env["res.users"].browse(self.admin.id)
        user._revoke_all_devices()
        self.assertFalse(self.devices.search([("user_id", "=", self.admin.id)]))

    def test_they_are_recognised(self):
        check = self.devices._check_credentials_for_uid
        self.assertTrue(check(scope="browser", key=self.secret, uid=self.admin.id))
        self.assertFalse(check(scope="browser", key=self.secret[:8] + "0" * 32, uid=self.admin.id))

    def test_the_autovacuum_takes_them_when_they_are_old(self):
        for method in ("_gc_device", "_gc_json2_expired", "_gc_user_apikeys"):
            if hasattr(self.devices, method):
                getattr(self.devices, method)()
        self.assertTrue(self.devices.search([("name", "=", "Device")]))

    def test_keys_can_be_managed_through_the_model_of_keys_alone(self):
        if series.HAS_KEY_MANAGEMENT:
            self.skipTest("this Odoo has methods of its own")
        keys = self.env["res.users.apikeys"].with_user(self.admin).sudo()
        user_key = series.generate_user_key(keys, None, "Tests", None)
        before = [self.env[model].sudo().search([]).ids for model in ("res.users.apikeys", "auth_totp.device")]
        for key in (user_key, self.secret):
            for method, arguments in (
                ("generate", {"key": key, "scope": None, "name": "x", "expiration_date": "2099-01-01"}),
                ("revoke", {"key": key}),
            ):
                response = self.post(f"auth_totp.device/{method}", arguments)
                message = f"Private methods (such as 'auth_totp.device.{method}') cannot be called remotely."
                self.assert_error(response, 403, "odoo.exceptions.AccessError", message)
        after = [self.env[model].sudo().search([]).ids for model in ("res.users.apikeys", "auth_totp.device")]
        self.assertEqual(before, after)
