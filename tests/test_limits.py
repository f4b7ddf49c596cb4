import functools
import json
import re
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tools import mute_logger

from .. import series
from ..identity import cooldown
from ..protocol import key as key_format
from .common import Json2Case

TOO_MANY = "werkzeug.exceptions.TooManyRequests"
TOO_LARGE = "werkzeug.exceptions.RequestEntityTooLarge"


class LimitCase(Json2Case):
    def set_parameter(self, name, value):
        self.env["ir.config_parameter"].set_param(name, value)

    def count(self, key=None):
        return self.post("res.partner/search_count", {"domain": []}, key=key)

    def user_key(self):
        keys = self.env["res.users.apikeys"].with_user(self.employee).sudo()
        return series.generate_user_key(keys, "rpc", "Tests", None)


class TestRateLimit(LimitCase):
    def setUp(self):
        super().setUp()
        # Counted in transactions of their own, which no test rolls back.
        self.forget()
        self.addCleanup(self.forget)

    def forget(self):
        with self.env["json2.rate.window"]._own_cursor() as cr:
            cr.execute("DELETE FROM json2_rate_window")

    def assert_left(self, response, limit, left, window=60):
        self.assertEqual(response.headers["RateLimit-Policy"], f'"default";q={limit};w={window}')
        seconds = re.fullmatch(rf'"default";r={left};t=(\d+)', response.headers["RateLimit"]).group(1)
        self.assertTrue(window - 30 < int(seconds) <= window, seconds)
        return seconds

    def test_own_limit(self):
        self.key_record.rate_limit = 2
        for left in (1, 0):
            response = self.count()
            self.assertEqual(response.status_code, 200)
            self.assert_left(response, 2, left)
            self.assertNotIn("Retry-After", response.headers)
        response = self.count()
        error = self.assert_error(response, 429, TOO_MANY)
        seconds = self.assert_left(response, 2, 0)
        self.assertEqual(response.headers["Retry-After"], seconds)
        self.assertIn("limit of 2 calls in 60 seconds", error["message"])

    def test_periods(self):
        for period, window in (("minute", 60), ("hour", 3600), ("day", 86400)):
            self.key_record.write({"rate_limit": 100, "rate_period": period})
            response = self.count()
            self.assertEqual(response.headers["RateLimit-Policy"], f'"default";q=100;w={window}')

    def test_errors_tell_what_is_left(self):
        self.key_record.rate_limit = 5
        response = self.post("no.model/read")
        self.assertEqual(response.status_code, 404)
        self.assert_left(response, 5, 4)
        response = self.post("res.partner/search_count")
        self.assertEqual(response.status_code, 422)
        self.assert_left(response, 5, 3)

    def test_a_refused_call_does_nothing(self):
        self.key_record.rate_limit = 1
        self.count()
        self.post("res.partner/create", {"vals_list": [{"name": "json2 refused"}]})
        self.assertFalse(self.env["res.partner"].search([("name", "=", "json2 refused")]))

    def test_each_key_has_its_own(self):
        other_record, other = self.env["json2.api.key"]._generate("Other", self.admin)
        (self.key_record | other_record).write({"rate_limit": 1})
        self.assertEqual(self.count().status_code, 200)
        self.assertEqual(self.count(other).status_code, 200)
        self.assertEqual(self.count().status_code, 429)

    def test_default(self):
        self.set_parameter("json2_backport.rate_limit", 1)
        self.set_parameter("json2_backport.rate_period", "hour")
        self.assert_left(self.count(), 1, 0, window=3600)
        self.assertEqual(self.count().status_code, 429)
        self.key_record.rate_limit = 9
        self.assert_left(self.count(), 9, 6)

    def test_the_users_own_keys_share_the_default(self):
        first, second = self.user_key(), self.user_key()
        self.assertNotIn("RateLimit", self.count(first).headers)
        self.set_parameter("json2_backport.rate_limit", 2)
        self.assert_left(self.count(first), 2, 1)
        self.assert_left(self.count(second), 2, 0)
        self.assertEqual(self.count(first).status_code, 429)

    def test_nonsense_in_the_parameter_is_no_limit(self):
        for value in ("many", "-1", "0"):
            self.set_parameter("json2_backport.rate_limit", value)
            self.assertNotIn("RateLimit", self.count().headers)

    def test_no_limit_costs_nothing(self):
        with patch.object(type(self.env["json2.rate.window"]), "_count", side_effect=AssertionError):
            response = self.count()
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("RateLimit", response.headers)
        self.assertNotIn("RateLimit-Policy", response.headers)

    def test_a_retried_call_is_counted_once(self):
        self.key_record.rate_limit = 5
        partner_class = type(self.env["res.partner"])
        host_method = partner_class.search_count
        tries = []

        @functools.wraps(host_method)
        def fails_once(self, *args, **kwargs):
            tries.append(args)
            if len(tries) == 1:
                self.env.cr.execute("DO $$ BEGIN RAISE EXCEPTION 'test' USING ERRCODE = '40001'; END $$")
            return host_method(self, *args, **kwargs)

        with patch.object(partner_class, "search_count", fails_once), mute_logger("odoo.sql_db"), patch("time.sleep"):
            response = self.count()
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(len(tries), 2)
        self.assert_left(response, 5, 4)

    def test_windows(self):
        windows = self.env["json2.rate.window"]
        self.assertEqual([windows._count("test", 60)[0] for _ in range(3)], [1, 2, 3])
        self.age(59)
        self.assertEqual(windows._count("test", 60)[0], 4)
        self.age(1)
        used, elapsed = windows._count("test", 60)
        self.assertEqual(used, 1)
        self.assertLess(elapsed, 1)

    def test_old_windows_are_removed(self):
        windows = self.env["json2.rate.window"]
        windows._count("new", 60)
        with windows._own_cursor() as cr:
            cr.execute(
                """
                INSERT INTO json2_rate_window (bucket, started, used)
                     SELECT 'old ' || number, now() - interval '1 day', 1 FROM generate_series(1, 2500) AS number
                """
            )
        windows._remove_old_windows()
        with windows._own_cursor() as cr:
            cr.execute("SELECT bucket FROM json2_rate_window")
            self.assertEqual(cr.fetchall(), [("new",)])

    def test_every_request_of_a_batch_counts(self):
        """Also those that need no key, and those that are none."""
        for request in ({"jsonrpc": "2.0", "id": 1, "method": "call", "params": {"service": "common", "method": "version"}}, {"x": 1}):
            with self.subTest(request):
                _record, key = self.env["json2.api.key"]._generate("Batch", self.admin, rate_limit=3)
                headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
                with mute_logger("odoo.http"):
                    answers = self.url_open("/jsonrpc2", json.dumps([request] * 5).encode(), headers=headers).json()
                refused = [answer.get("error", {}).get("code") == -32029 for answer in answers]
                self.assertEqual(refused, [False] * 3 + [True] * 2, answers)

    def age(self, seconds):
        with self.env["json2.rate.window"]._own_cursor() as cr:
            cr.execute("UPDATE json2_rate_window SET started = started - %s", [timedelta(seconds=seconds)])

    def test_no_record_is_reachable(self):
        response = self.post("json2.rate.window/search_read", {"domain": []})
        self.assertGreaterEqual(response.status_code, 400)

    def test_a_limit_is_not_negative(self):
        with self.assertRaises(ValidationError):
            self.key_record.rate_limit = -1


class TestBodySize(LimitCase):
    def send(self, body, **headers):
        return self.url_open(
            "/json/2/res.partner/search_count",
            data=body,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.key}", **headers},
        )

    def body(self, size):
        body = json.dumps({"domain": [["name", "=", ""]]}).encode()
        return body.replace(b'""', b'"' + b"x" * (size - len(body)) + b'"')

    def test_limit(self):
        self.set_parameter("json2_backport.max_body_size", 1000)
        self.assertEqual(self.send(self.body(1000)).status_code, 200)
        error = self.assert_error(self.send(self.body(1001)), 413, TOO_LARGE)
        self.assertEqual(error["message"], "The body has 1001 bytes, and this server takes 1000 at most.")

    def test_default(self):
        """More than the connection holds: the client gets the answer although it was still sending."""
        size = 10 * 1024 * 1024
        self.assertEqual(self.send(self.body(size)).status_code, 200)
        self.assert_error(self.send(self.body(size + 1)), 413, TOO_LARGE)
        self.assert_error(self.send(self.body(3 * size)), 413, TOO_LARGE)
        for value in ("lots", "0", "-1"):
            self.set_parameter("json2_backport.max_body_size", value)
            self.assertEqual(self.send(self.body(size)).status_code, 200)
            self.assertEqual(self.send(self.body(size + 1)).status_code, 413)

    def test_a_key_is_wanted_first(self):
        self.set_parameter("json2_backport.max_body_size", 1000)
        self.assertEqual(self.send(self.body(1001), Authorization="").status_code, 401)

    def test_a_chunked_body_is_not_read(self):
        """As on Odoo 19, where such a call has no arguments."""
        self.set_parameter("json2_backport.max_body_size", 1000)
        for size in (500, 2000):
            response = self.send(iter([self.body(size)]))
            message = "missing a required argument: 'domain'"
            self.assert_error(response, 422, "werkzeug.exceptions.UnprocessableEntity", message)


@patch.object(cooldown, "_logger")
class TestCooldown(LimitCase):
    def setUp(self):
        super().setUp()
        self.set_parameter("base.login_cooldown_after", 3)
        self.set_parameter("base.login_cooldown_duration", 60)

    def fail(self, times):
        for _ in range(times):
            self.assertEqual(self.count(key_format.generate()).status_code, 401)

    def test_wrong_keys(self, _logger):
        self.fail(3)
        for key in (key_format.generate(), "bad"):
            response = self.count(key)
            self.assert_error(response, 429, TOO_MANY)
            self.assertTrue(0 < int(response.headers["Retry-After"]) <= 60)

    def test_a_valid_key_goes_on(self, _logger):
        user_key = self.user_key()
        self.fail(3)
        for key in (self.key, user_key, self.key):
            self.assertEqual(self.count(key).status_code, 200)
        self.assertEqual(self.count(key_format.generate()).status_code, 429)

    def test_a_key_that_is_no_longer_valid(self, _logger):
        self.assertEqual(self.count().status_code, 200)
        self.fail(3)
        self.key_record.active = False
        self.assertEqual(self.count().status_code, 429)

    def test_it_ends(self, _logger):
        self.fail(3)
        self.assertEqual(self.count("bad").status_code, 429)
        source = (self.env.cr.dbname, "127.0.0.1")
        failures, previous = cooldown._failures[source]
        cooldown._failures[source] = failures, previous - timedelta(seconds=60)
        self.fail(3)
        self.assertEqual(self.count("bad").status_code, 429)

    def test_turned_off(self, _logger):
        self.set_parameter("base.login_cooldown_after", 0)
        self.fail(8)

    def test_logged_once(self, logger):
        self.fail(3)
        for _ in range(3):
            self.count("bad")
        self.assertEqual(logger.warning.call_count, 1)

    def test_logins_are_not_concerned(self, _logger):
        self.fail(3)
        self.authenticate("admin", "admin")
        response = self.url_open("/web/session/get_session_info", data=b"{}", headers={"Content-Type": "application/json"})
        self.assertEqual(response.json()["result"]["uid"], self.admin.id)
        self.assertFalse(getattr(self.env.registry, "_login_failures", None))

    def test_wrong_passwords_do_not_concern_keys(self, _logger):
        with mute_logger("odoo.addons.base.models.res_users"):
            for _ in range(5):
                self.url_open(
                    "/web/session/authenticate",
                    data=json.dumps({"params": {"db": self.env.cr.dbname, "login": "admin", "password": "x"}}).encode(),
                    headers={"Content-Type": "application/json"},
                )
        self.addCleanup(self.env.registry._login_failures.clear)
        self.assertEqual(self.count().status_code, 200)
