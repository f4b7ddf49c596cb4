"""What a leaked or a jealous key tries. Each restriction, and the door that it closes."""
import json
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.server import RequestHandler
from odoo.tests import new_test_user
from odoo.tools import config, mute_logger

from .. import series
from .common import Json2Case

MANAGER = "json2_backport.group_json2_manager"
USER = "json2_backport.group_json2_user"
FORBIDDEN = "werkzeug.exceptions.Forbidden"
ACCESS_ERROR = "odoo.exceptions.AccessError"
COLUMNS = ("digest", "odoo_index", "odoo_hash")


class AttackCase(Json2Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "json2_user", f"base.group_user,{USER}")
        cls.manager = new_test_user(cls.env, "json2_manager", f"base.group_user,{MANAGER}")
        cls.portal = new_test_user(cls.env, "json2_portal", "base.group_portal")
        cls.user_record, cls.user_key = cls.generate(cls.user)
        cls.manager_record, cls.manager_key = cls.generate(cls.manager)
        cls.partner = cls.env["res.partner"].create({"name": "Target", "ref": "before"})

    @classmethod
    def generate(cls, user, expiration_date=None, **values):
        """Return ``(record, secret)`` of a new key."""
        return cls.env["json2.api.key"]._generate("Attack", user, expiration_date, **values)

    def key_with(self, **values):
        """Return the secret of a key of the admin with these restrictions."""
        return self.generate(self.admin, **values)[1]

    def assert_status(self, response, status):
        self.assertEqual(response.status_code, status, response.text)
        return response

    def assert_forbidden(self, response, restriction):
        """403, and the message names the restriction."""
        error = self.assert_error(response, 403, FORBIDDEN)
        self.assertIn(restriction, error["message"])

    def stored(self, record, *names):
        """Return values as they are in the database, after what a request has done."""
        record.invalidate_recordset()
        return tuple(record[name] for name in names)

    def columns(self, record):
        """Return digest, index and hash of a key, which only SQL can tell."""
        self.env.flush_all()
        self.env.cr.execute("SELECT digest, odoo_index, odoo_hash FROM json2_api_key WHERE id = %s", [record.id])
        return self.env.cr.fetchone()

    def snapshot(self):
        """Return ``{table: (rows, checksum)}`` of the whole database but the log of the calls."""
        self.env.flush_all()
        self.env.cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename != 'json2_api_log'")
        tables = [name for (name,) in self.env.cr.fetchall()]
        self.env.cr.execute(" UNION ALL ".join(
            f"SELECT '{name}', count(*), sum(hashtext(t::text)::bigint) FROM \"{name}\" t" for name in tables  # noqa: S608
        ))
        return {name: tuple(rest) for name, *rest in self.env.cr.fetchall()}


class TestMethods(AttackCase):
    """A key for some methods, and other names for the ones that it is not for."""

    OTHER_NAMES = """
        search_read export_data read_group formatted_read_group web_read web_search_read name_get fields_get search browse
        READ Read rea reads read_ _read read2 xread write unlink read.unlink read,unlink read*
        read%20 %20read read%0A read%09 read%00 rea%64_group r%65ad_group unlin%6B read%2Funlink read%5Cunlink
        read%3Funlink read;unlink %2A * ｒｅａｄ
    """.split()

    def test_other_names(self):
        key = self.key_with(allowed_methods="read")
        body = {"ids": self.partner.ids}
        self.assert_status(self.post("res.partner/read", body, key=key), 200)
        for name in self.OTHER_NAMES:
            with self.subTest(name):
                response = self.post(f"res.partner/{name}", body, key=key)
                self.assertIn(response.status_code, (403, 404), response.text)
        self.assertTrue(self.partner.exists())

    def test_the_refusal_names_the_restriction(self):
        key = self.key_with(allowed_methods="read, search*")
        for name in ("export_data", "unlink", "web_read", "READ"):
            self.assert_forbidden(self.post(f"res.partner/{name}", key=key), "allowed methods")
        for name in ("search", "search_count", "search_read"):
            self.assert_status(self.post(f"res.partner/{name}", {"domain": []}, key=key), 200)

    def test_refused_before_anything_is_told(self):
        """Whether a model or method exists is none of the business of who may not call it."""
        key = self.key_with(allowed_models="res.partner", allowed_methods="read")
        self.assert_forbidden(self.post("no.model/read", key=key), "allowed models")
        self.assert_forbidden(self.post("res.partner/no_method", key=key), "allowed methods")
        self.assert_forbidden(self.post("res.partner/_private", key=key), "allowed methods")

    def test_the_url_encoded_name_is_the_name(self):
        key = self.key_with(allowed_methods="read")
        self.assert_status(self.post("res.partner/%72ead", {"ids": self.partner.ids}, key=key), 200)

    def test_the_way_through_the_body(self):
        """The method of the URL is the one that is called, whatever else names another."""
        key = self.key_with(allowed_methods="read")
        body = {"ids": self.partner.ids, "__method__": "unlink", "__model__": "res.users", "fields": ["name"]}
        response = self.post("res.partner/read?method=unlink&model=res.users", body, key=key, headers={
            "X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/json/2/res.partner/unlink",
            "X-Rewrite-URL": "/json/2/res.partner/unlink"})
        self.assert_status(response, 200)
        self.assertEqual(response.json(), [{"id": self.partner.id, "name": "Target"}])
        for extra in ({"method": "unlink"}, {"model": "res.users"}, {"self": 1}):
            self.assert_status(self.post("res.partner/read", {"ids": self.partner.ids, **extra}, key=key), 422)
        self.assertTrue(self.partner.exists())

    def test_the_way_around_by_the_path(self):
        key = self.key_with(allowed_methods="read")
        for path in ("res.partner/read/../unlink", "res.partner/read/..%2Funlink", "../2/res.partner/unlink",
                     "/res.partner/unlink", "res.partner//unlink", "res.partner/unlink/", "./res.partner/unlink"):
            with self.subTest(path):
                response = self.post(path, {"ids": self.partner.ids}, key=key)
                self.assertNotEqual(response.text, "true")
                self.assertTrue(self.partner.exists())


class TestModels(AttackCase):
    OTHER_NAMES = "res.partner.category res.partners xres.partner x.res.partner res RES.PARTNER res.partner%20 res.partner%0A " \
        "res.partner. .res.partner res_partner res.partner* %2A * res.partner,res.users".split()

    def test_other_names(self):
        key = self.key_with(allowed_models="res.partner")
        self.assert_status(self.post("res.partner/search_count", {"domain": []}, key=key), 200)
        for name in self.OTHER_NAMES:
            with self.subTest(name):
                self.assert_forbidden(self.post(f"{name}/search_count", {"domain": []}, key=key), "allowed models")

    def test_the_dot_is_a_dot(self):
        key = self.key_with(allowed_models="res.partner.*")
        self.assert_status(self.post("res.partner.category/search_count", {"domain": []}, key=key), 200)
        for name in ("res.partner", "res.partners", "x.res.partner.category", "resxpartner.category"):
            self.assert_forbidden(self.post(f"{name}/search_count", {"domain": []}, key=key), "allowed models")

    def test_the_star_alone_is_every_model(self):
        key = self.key_with(allowed_models="*", allowed_methods="*")
        self.assert_status(self.post("res.users/search_count", {"domain": []}, key=key), 200)

    def test_both_restrictions_hold(self):
        key = self.key_with(allowed_models="res.partner", allowed_methods="read")
        self.assert_forbidden(self.post("res.partner/search", {"domain": []}, key=key), "allowed methods")
        self.assert_forbidden(self.post("res.users/read", {"ids": [1]}, key=key), "allowed models")

    def test_patterns_that_are_none(self):
        for name in ("allowed_models", "allowed_methods"):
            for pattern in ("sale[.]order", "sale.?", "^sale", "sale|res", "sale\\.order", "(sale)", "sale+", "{sale}", "$",
                            "sale.*, res|x", "sale-order", "sale/order", "%", "sale'", "ｓａｌｅ"):
                with self.subTest(name=name, pattern=pattern), self.assertRaises(ValidationError):
                    self.generate(self.admin, **{name: pattern})

    def test_nothing_but_separators_is_no_list(self):
        """It reads as if something were restricted, and restricts nothing."""
        for name in ("allowed_models", "allowed_methods", "allowed_networks"):
            for text in (",", " ; ", "\n"):
                with self.subTest(name=name, text=text), self.assertRaises(ValidationError):
                    self.generate(self.admin, **{name: text})


class TestReadOnly(AttackCase):
    """The tests of running servers do the same to methods that open a connection of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.read_only_record, cls.read_only = cls.generate(cls.admin, read_only=True)
        cls.write = f"env['res.partner'].browse({cls.partner.id}).write({{'ref': 'after'}})"

    def action(self, code):
        """Return the id of a server action, which is a method without "write" in its name that runs any code."""
        return self.env["ir.actions.server"].create({
            "name": "Attack", "state": "code", "code": code, "model_id": self.env.ref("base.model_res_partner").id}).id

    def attempts(self):
        partner, settings = self.partner.ids, self.env["res.config.settings"].create({"json2_grace_period": 48}).ids
        cron = self.env.ref("json2_backport.ir_cron_warn").ids
        module = self.env["ir.module.module"].search([("state", "=", "uninstalled")], limit=1).ids
        sequence = self.env["ir.sequence"].create({"name": "Attack", "code": "json2.attack"})
        gaps = self.env["ir.sequence"].create({"name": "Attack", "code": "json2.gaps", "implementation": "no_gap"})
        return [
            ("res.partner/create", {"vals_list": [{"name": "new"}]}),
            ("res.partner/name_create", {"name": "new"}),
            ("res.partner/write", {"ids": partner, "vals": {"ref": "after"}}),
            ("res.partner/unlink", {"ids": partner}),
            ("res.partner/copy", {"ids": partner}),
            ("res.partner/action_archive", {"ids": partner}),
            ("res.config.settings/create", {"vals_list": [{}]}),
            ("res.config.settings/execute", {"ids": settings}),
            ("ir.config_parameter/set_param", {"key": "web.base.url", "value": "https://example.com"}),
            ("ir.default/set", {"model_name": "res.partner", "field_name": "ref", "value": "x"}),
            ("ir.sequence/next_by_code", {"sequence_code": "json2.attack"}),
            ("ir.sequence/next_by_id", {"ids": sequence.ids}),
            ("ir.sequence/next_by_id", {"ids": gaps.ids}),
            ("ir.cron/method_direct_trigger", {"ids": cron}),
            ("ir.module.module/button_install", {"ids": module}),
            ("ir.module.module/update_list", {}),
            ("res.users/write", {"ids": [self.admin.id], "vals": {"signature": "changed"}}),
            ("res.users.apikeys/generate",
             {"key": "x", "scope": "rpc", "name": "new", "expiration_date": "2099-01-01"}),
            ("json2.api.key/rotate", {}),
            ("json2.api.key/write", {"ids": self.read_only_record.ids, "vals": {"read_only": False}}),
            ("json2.api.key/unlink", {"ids": self.read_only_record.ids}),
        ]

    def test_whatever_writes_is_refused(self):
        for path, body in self.attempts():
            with self.subTest(path):
                before = self.snapshot()
                with mute_logger("odoo.sql_db"):
                    response = self.post(path, body, key=self.read_only)
                self.assertEqual(self.snapshot(), before)
                self.assertEqual(response.status_code, 403, response.text)

    def test_the_refusal_names_the_restriction(self):
        for path, body in self.attempts()[:7]:
            with self.subTest(path), mute_logger("odoo.sql_db"):
                self.assert_forbidden(self.post(path, body, key=self.read_only), "read-only")

    def test_code_that_writes(self):
        """The host wraps what a server action raises: the answer is the same."""
        action = self.action(f"{self.write}\nenv.flush_all()")
        with mute_logger("odoo.sql_db", "odoo.tools.safe_eval"):
            response = self.post("ir.actions.server/run", {"ids": [action]}, key=self.read_only)
        self.assertEqual(self.stored(self.partner, "ref"), ("before",))
        self.assert_forbidden(response, "read-only")

    def test_code_that_resists(self):
        tricks = {
            "before the commit": f"env.cr.precommit.add(lambda: {self.write})",
            "commit first": f"env.cr.commit()\n{self.write}",
            "commit after": f"{self.write}\nenv.cr.commit()",
            "read-write again": f"env.cr.execute('SET TRANSACTION READ WRITE')\n{self.write}",
            "by default": f"env.cr.execute('SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE')\n{self.write}",
            "transaction_read_only": f"env.cr.execute('SET LOCAL transaction_read_only = off')\n{self.write}",
            "set_config": f"env.cr.execute(\"SELECT set_config('transaction_read_only', 'off', true)\")\n{self.write}",
            "release": f"env.cr.execute('RELEASE SAVEPOINT json2_read_only')\n{self.write}",
            "in a savepoint": f"env.cr.execute('SAVEPOINT mine')\n{self.write}\nenv.flush_all()",
        }
        for name, code in tricks.items():
            with self.subTest(name), mute_logger("odoo.sql_db", "odoo.tools.safe_eval"):
                before = self.snapshot()
                action = self.action(code)
                during = self.snapshot()
                response = self.post("ir.actions.server/run", {"ids": [action]}, key=self.read_only)
                self.assertNotEqual(before, during)
                self.assertEqual(self.snapshot(), during)
                self.assertNotEqual(response.status_code, 200, response.text)

    def test_an_error_that_is_swallowed(self):
        """The host's own load reports errors itself: 200, and nothing stored."""
        before = self.snapshot()
        with mute_logger("odoo.sql_db"):
            self.post("res.partner/load", {"fields": ["name"], "data": [["new"]]}, key=self.read_only)
        self.assertEqual(self.snapshot(), before)

    def test_reading_goes_on(self):
        for path, body in (
            ("res.partner/search_read", {"domain": [], "fields": ["name"], "limit": 1}),
            ("res.partner/export_data", {"ids": self.partner.ids, "fields_to_export": ["name", "ref"]}),
            ("res.partner/fields_get", {}),
            ("res.partner/default_get", {"fields": ["name"]}),
            ("res.users/context_get", {}),
        ):
            self.assert_status(self.post(path, body, key=self.read_only), 200)
        with mute_logger("odoo.sql_db"):
            response = self.post("res.partner/create", {"vals_list": {"name": "x"}}, key=self.read_only)
        self.assert_forbidden(response, "read-only")
        self.assert_status(self.post("res.partner/read", {"ids": self.partner.ids}, key=self.read_only), 200)

    def test_a_call_that_reads_is_logged(self):
        """After the call, the transaction may write again."""
        self.post("res.partner/read", {"ids": self.partner.ids}, key=self.read_only)
        row = self.env["json2.api.log"].search([("key_id", "=", self.read_only_record.id)])
        self.assertEqual((row.method, row.status), ("read", 200))


class TestNetworks(AttackCase):
    SPOOFED = {
        "X-Forwarded-For": "192.0.2.7", "X-Real-IP": "192.0.2.7", "Forwarded": "for=192.0.2.7;proto=http",
        "X-Client-IP": "192.0.2.7", "True-Client-IP": "192.0.2.7", "CF-Connecting-IP": "192.0.2.7",
        "X-Originating-IP": "192.0.2.7", "X-Remote-Addr": "192.0.2.7", "Remote-Addr": "192.0.2.7",
        "X-Forwarded-Host": "127.0.0.1", "X-Forwarded-Proto": "https",
    }

    @contextmanager
    def client_at(self, address):
        with patch.object(RequestHandler, "address_string", lambda _self: address, create=True):
            yield

    def count(self, key, headers=None):
        return self.post("res.partner/search_count", {"domain": []}, key=key, headers=headers)

    def test_addresses(self):
        table = [
            # networks, addresses in them, addresses that are not
            ("192.0.2.0/24", ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"],
             ["192.0.3.1", "::ffff:192.0.3.1", "::192.0.2.1", "2001:db8::c000:201", "127.0.0.1", "<local>", ""]),
            ("192.0.2.7", ["192.0.2.7"], ["192.0.2.70", "192.0.2.8"]),
            ("2001:db8::/32", ["2001:db8::1", "2001:0DB8:ffff::1"], ["2001:db9::1", "::1", "192.0.2.1"]),
            ("2001:db8::1", ["2001:db8::1", "2001:db8:0:0::1"], ["2001:db8::2"]),
            ("0.0.0.0/0", ["203.0.113.9"], ["2001:db8::1"]),
            ("192.0.2.0/24; 2001:db8::/32", ["192.0.2.1", "2001:db8::1"], ["::1", "192.0.3.1"]),
        ]
        for networks, inside, outside in table:
            key = self.key_with(allowed_networks=networks)
            for address in inside + outside:
                with self.subTest(networks=networks, address=address), self.client_at(address):
                    self.assertEqual(self.count(key).status_code, 200 if address in inside else 403)

    def test_the_refusal_names_the_restriction(self):
        self.assert_forbidden(self.count(self.key_with(allowed_networks="192.0.2.0/24")), "allowed networks")

    def test_spoofed_headers_without_proxy_mode(self):
        key = self.key_with(allowed_networks="192.0.2.0/24")
        self.assert_forbidden(self.count(key, self.SPOOFED), "allowed networks")
        for name, value in self.SPOOFED.items():
            self.assert_forbidden(self.count(key, {name: value}), "allowed networks")

    def test_the_logged_address_is_not_spoofed(self):
        record, key = self.generate(self.admin)
        self.count(key, self.SPOOFED)
        log = self.env["json2.api.log"].search([("key_id", "=", record.id)])
        self.assertEqual(log.ip, "127.0.0.1")

    def test_proxy_mode(self):
        """The last address of the list is the one that the proxy itself has seen."""
        key = self.key_with(allowed_networks="192.0.2.0/24")
        before = config["proxy_mode"]
        self.addCleanup(config.__setitem__, "proxy_mode", before)
        config["proxy_mode"] = True
        host = {"X-Forwarded-Host": "127.0.0.1"}
        self.assert_status(self.count(key, {**host, "X-Forwarded-For": "192.0.2.7"}), 200)
        self.assert_status(self.count(key, {**host, "X-Forwarded-For": "203.0.113.9, 192.0.2.7"}), 200)
        self.assert_forbidden(self.count(key, {**host, "X-Forwarded-For": "192.0.2.7, 203.0.113.9"}), "allowed networks")
        self.assert_forbidden(self.count(key, {**host, "X-Real-IP": "192.0.2.7"}), "allowed networks")

    def test_networks_that_are_none(self):
        for text in ("192.0.2.1/24", "192.0.2", "192.0.2.*", "example.com", "192.0.2.0/33", "2001:db8::/129", "10", "any",
                     "192.0.2.0/24, x", "192.0.2.1-192.0.2.9", "0"):
            with self.subTest(text), self.assertRaises(ValidationError):
                self.generate(self.admin, allowed_networks=text)


class TestLife(AttackCase):
    """Keys that are none any more, and keys of those who may little."""

    def assert_invalid(self, key):
        response = self.post("res.partner/search_count", {"domain": []}, key=key)
        self.assert_error(response, 401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")

    def test_expired_by_a_second(self):
        record, key = self.generate(self.admin)
        for seconds, status in ((60, 200), (5, 200), (-1, 401)):
            record.sudo().expiration_date = fields.Datetime.now() + timedelta(seconds=seconds)
            self.assert_status(self.post("res.partner/search_count", {"domain": []}, key=key), status)

    def test_of_an_archived_user(self):
        _record, key = self.generate(self.employee)
        self.employee.active = False
        self.assert_invalid(key)
        self.employee.active = True
        self.assert_status(self.post("res.partner/search_count", {"domain": []}, key=key), 200)

    def test_deleted(self):
        record, key = self.generate(self.admin)
        record.unlink()
        self.assert_invalid(key)

    def test_of_the_superuser(self):
        """OdooBot is archived, so a key of it opens nothing."""
        self.assert_invalid(self.generate(self.env.ref("base.user_root"))[1])

    def test_of_the_public_user(self):
        with self.assertRaises(ValidationError):
            self.generate(self.env.ref("base.public_user"))

    def test_of_a_portal_user(self):
        _record, key = self.generate(self.portal)
        response = self.assert_status(self.post("res.users/context_get", key=key), 200)
        self.assertEqual(response.json()["uid"], self.portal.id)
        mine = {"ids": self.portal.partner_id.ids, "fields": ["name"]}
        self.assert_status(self.post("res.partner/read", mine, key=key), 200)
        for path, body in (
            ("res.partner/read", {"ids": self.admin.partner_id.ids, "fields": ["email"]}),
            ("json2.api.key/search_read", {"domain": []}),
            ("json2.api.key/search_count", {"domain": []}),
            ("json2.api.key/read", {"ids": self.key_record.ids}),
            ("json2.api.key/rotate", {"ids": self.key_record.ids}),
            ("json2.api.key/action_archive", {"ids": self.key_record.ids}),
            ("json2.api.key/unlink", {"ids": self.key_record.ids}),
            ("json2.api.log/search_read", {"domain": []}),
            ("json2.api.key.wizard/create", {"vals_list": {"name": "x"}}),
            ("ir.config_parameter/get_param", {"key": "database.secret"}),
        ):
            with self.subTest(path):
                self.assert_error(self.post(path, body, key=key), 403, ACCESS_ERROR)

    def test_headers_that_are_no_bearer_key(self):
        """The key counts in one place only."""
        body = {"domain": []}
        for headers in (
            {"Authorization": f"Basic {self.key}"}, {"Authorization": self.key}, {"Authorization": f"Bearer, {self.key}"},
            {"X-API-Key": self.key}, {"Api-Key": self.key}, {"Cookie": f"Authorization=Bearer {self.key}"},
        ):
            with self.subTest(headers):
                response = self.post("res.partner/search_count", body, key="", headers=headers)
                # 400: what is no cookie, on hosts that care
                self.assertIn(response.status_code, (400, 401), response.text)
        for path in (f"res.partner/search_count?api_key={self.key}", f"res.partner/search_count?access_token={self.key}"):
            self.assert_status(self.post(path, body, key=""), 401)
        self.assert_status(self.post("res.partner/search_count", {**body, "key": self.key}, key=""), 401)


class TestOwnKey(AttackCase):
    """A user, and a thief, with a key of his own, who wants more of it."""

    def setUp(self):
        super().setUp()
        expiration = fields.Datetime.now() + timedelta(days=5)
        self.record, self.secret = self.generate(
            self.user, expiration, allowed_models="json2.*, res.*", allowed_methods="*", allowed_networks="127.0.0.0/8",
            rate_limit=1000, rate_period="hour")
        self.names = ("user_id", "active", "expiration_date", "allowed_models", "allowed_methods", "allowed_networks",
                      "read_only", "name", "prefix", "predecessor_id", "rate_limit", "rate_period", "lifetime",
                      "log_arguments", "family", "generator_id")

    def raises(self):
        """Return what he would like to change."""
        return [
            {"allowed_models": False}, {"allowed_models": "*"}, {"allowed_methods": False}, {"allowed_networks": False},
            {"read_only": False}, {"expiration_date": False}, {"expiration_date": "2099-01-01 00:00:00"},
            {"user_id": self.admin.id}, {"active": True}, {"name": "x"}, {"prefix": "j2_other"},
            {"predecessor_id": self.key_record.id}, {"warned_days": 1}, {"create_uid": self.admin.id},
            {"digest": "x"}, {"odoo_hash": "x"},
            {"rate_limit": 0}, {"rate_limit": 10**6}, {"rate_period": "minute"}, {"lifetime": 0}, {"log_arguments": "never"},
            {"family": 1}, {"generator_id": self.admin.id},
        ]

    def test_write(self):
        before = self.stored(self.record, *self.names)
        for key in (self.secret, self.user_key):
            for vals in self.raises():
                with self.subTest(vals):
                    response = self.post("json2.api.key/write", {"ids": self.record.ids, "vals": vals}, key=key)
                    # 422 for a date that nobody may set
                    self.assertIn(response.status_code, (403, 422), response.text)
        self.assertEqual(self.stored(self.record, *self.names), before)

    def test_other_ways_to_write(self):
        ids = self.record.ids
        commands = [[1, self.record.id, {"allowed_models": False}]]
        for path, body in (
            ("json2.api.key/web_save", {"ids": ids, "vals": {"allowed_models": False}, "specification": {"name": {}}}),
            ("json2.api.key/load", {"fields": [".id", "allowed_models"], "data": [[str(ids[0]), "*"]]}),
            ("json2.api.key/update", {"ids": ids, "values": {"allowed_models": False}}),
            ("json2.api.key/copy", {"ids": ids}),
            ("json2.api.key/create", {"vals_list": [{"name": "x", "user_id": self.user.id}]}),
            ("json2.api.key/name_create", {"name": "x"}),
            ("res.users/write", {"ids": [self.user.id], "vals": {"json2_api_key_ids": commands}}),
        ):
            with self.subTest(path):
                before, count = self.stored(self.record, *self.names), self.env["json2.api.key"].search_count([])
                self.post(path, body, key=self.secret)
                self.assertEqual(self.stored(self.record, *self.names), before)
                self.assertEqual(self.env["json2.api.key"].search_count([]), count)

    def test_unarchive(self):
        """A manager has archived it: the user cannot take that back, with another key of his."""
        self.record.active = False
        for path, body in (
            ("json2.api.key/action_unarchive", {"ids": self.record.ids}),
            ("json2.api.key/toggle_active", {"ids": self.record.ids}),
            ("json2.api.key/write", {"ids": self.record.ids, "vals": {"active": True}}),
            ("json2.api.key/rotate", {"ids": self.record.ids}),
        ):
            with self.subTest(path):
                self.assertNotEqual(self.post(path, body, key=self.user_key).status_code, 200)
                self.assertEqual(self.stored(self.record, "active"), (False,))

    def test_archiving_his_own_is_his_right(self):
        self.assert_status(self.post("json2.api.key/action_archive", {"ids": self.record.ids}, key=self.user_key), 200)
        self.assertEqual(self.stored(self.record, "active"), (False,))

    def test_rotating_takes_no_restriction_off(self):
        response = self.assert_status(self.post("json2.api.key/rotate", key=self.secret), 200)
        successor = self.env["json2.api.key"].browse(response.json()["id"])
        restrictions = ("user_id", "allowed_models", "allowed_methods", "allowed_networks", "read_only", "rate_limit",
                        "rate_period")
        self.assertEqual(self.stored(successor, *restrictions), self.stored(self.record, *restrictions))

    def test_rotating_takes_no_arguments(self):
        for arguments in ({"user_id": self.admin.id}, {"expiration_date": False}, {"read_only": False}, {"self": 1}):
            self.assert_status(self.post("json2.api.key/rotate", arguments, key=self.secret), 422)

    def test_context_defaults(self):
        """`default_*` in the context must not reach the successor."""
        context = {"default_active": False, "default_read_only": True, "default_warned_days": 9, "lang": "en_US"}
        response = self.assert_status(self.post("json2.api.key/rotate", {"context": context}, key=self.secret), 200)
        successor = self.env["json2.api.key"].browse(response.json()["id"])
        self.assertEqual(self.stored(successor, "active", "read_only", "warned_days"), (True, False, 0))

    def test_generating_with_a_key(self):
        """One leaked key must not become many."""
        for key in (self.user_key, self.manager_key, self.key, self.odoo_key(self.admin)):
            count = self.env["json2.api.key"].search_count([])
            response = self.post("json2.api.key.wizard/create", {"vals_list": [{"name": "x"}]}, key=key)
            if response.status_code == 200:
                response = self.post("json2.api.key.wizard/action_generate", {"ids": response.json()}, key=key)
            self.assert_error(response, 403, ACCESS_ERROR)
            self.assertEqual(self.env["json2.api.key"].search_count([]), count)

    def odoo_key(self, user):
        return series.generate_user_key(self.env["res.users.apikeys"].with_user(user).sudo(), None, "Attack", None)

    def test_private_methods(self):
        for name in ("_generate", "_authenticate", "_rotate", "_show", "_parameter", "_cron_warn", "_check_lifetime",
                     "_restriction_values", "sudo", "with_user", "with_context", "init"):
            with self.subTest(name):
                response = self.post(f"json2.api.key/{name}", {"name": "x", "user": self.admin.id}, key=self.user_key)
                self.assert_error(response, 403, ACCESS_ERROR)
        for path in ("res.users.apikeys/_generate", "res.users.apikeys/_json2_authenticate",
                     "res.users.apikeys/_check_credentials", "ir.http/_json2_credentials"):
            self.assert_error(self.post(path), 403, ACCESS_ERROR)

    def test_restricted_keys_make_no_keys_of_the_host(self):
        """The host's own keys know no restrictions."""
        odoo_key = self.odoo_key(self.admin)
        body = {"key": odoo_key, "scope": "rpc", "name": "x", "expiration_date": "2099-01-01"}
        for restriction in ({"allowed_models": "res.*"}, {"allowed_methods": "*"}, {"allowed_networks": "127.0.0.0/8"},
                            {"read_only": True}):
            with self.subTest(restriction), mute_logger("odoo.sql_db"):
                key = self.key_with(**restriction)
                before = self.env["res.users.apikeys"].sudo().search_count([])
                self.assertEqual(self.post("res.users.apikeys/generate", body, key=key).status_code, 403)
                self.assertEqual(self.post("res.users.apikeys/revoke", {"key": odoo_key}, key=key).status_code, 403)
                self.assertEqual(self.env["res.users.apikeys"].sudo().search_count([]), before)


class TestKeysOfOthers(AttackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_record, cls.other_key = cls.generate(cls.employee)

    def test_a_user_sees_his_own_only(self):
        key = self.user_key
        found = self.assert_status(self.post("json2.api.key/search", {"domain": []}, key=key), 200).json()
        self.assertEqual(found, self.user_record.ids)
        found = self.post("json2.api.key/search", {"domain": [["id", "in", self.other_record.ids]]}, key=key).json()
        self.assertEqual(found, [])
        context = {"active_test": False, "force_company": 1, "uid": self.admin.id, "su": True}
        found = self.post("json2.api.key/search", {"domain": [], "context": context}, key=key).json()
        self.assertEqual(found, self.user_record.ids)

    def test_a_user_touches_his_own_only(self):
        ids = self.other_record.ids
        for path, body in (
            ("json2.api.key/read", {"ids": ids, "fields": ["name"]}),
            ("json2.api.key/read", {"ids": ids, "fields": ["last_use_date", "last_use_ip", "calls_week", "calls_graph"]}),
            ("json2.api.key/rotate", {"ids": ids}),
            ("json2.api.key/action_rotate", {"ids": ids}),
            ("json2.api.key/action_archive", {"ids": ids}),
            ("json2.api.key/action_archive", {"ids": ids + self.user_record.ids}),
            ("json2.api.key/action_unarchive", {"ids": ids}),
            ("json2.api.key/write", {"ids": ids, "vals": {"name": "x"}}),
            ("json2.api.key/unlink", {"ids": ids}),
            ("json2.api.key/unlink", {"ids": ids + self.user_record.ids}),
        ):
            with self.subTest(path):
                self.assert_error(self.post(path, body, key=self.user_key), 403, ACCESS_ERROR)
        self.assertEqual(self.stored(self.other_record, "active", "name"), (True, "Attack"))
        self.assertTrue(self.user_record.exists())

    def test_a_user_exports_his_own_only(self):
        export = self.env.ref("base.group_allow_export", raise_if_not_found=False)
        body = {"ids": self.other_record.ids, "fields_to_export": ["name", "prefix"]}
        if export:
            self.assertIn(self.post("json2.api.key/export_data", body, key=self.user_key).status_code, (403, 422))
            field = "group_ids" if "group_ids" in self.user._fields else "groups_id"
            self.user[field] = [(4, export.id)]
        self.assert_error(self.post("json2.api.key/export_data", body, key=self.user_key), 403, ACCESS_ERROR)

    def test_a_user_sees_his_own_calls_only(self):
        self.post("res.partner/search_count", {"domain": []}, key=self.other_key)
        self.post("res.partner/search_count", {"domain": []}, key=self.user_key)
        rows = self.post("json2.api.log/search_read", {"domain": [], "fields": ["user_id"]}, key=self.user_key).json()
        self.assertEqual({row["user_id"][0] for row in rows}, {self.user.id})

    def test_an_employee_without_the_group(self):
        for path in ("json2.api.key/search_read", "json2.api.log/search_read"):
            self.assert_error(self.post(path, {"domain": []}, key=self.other_key), 403, ACCESS_ERROR)

    def test_a_key_rotates_itself_only(self):
        record, _key = self.generate(self.user)
        response = self.post("json2.api.key/rotate", {"ids": record.ids}, key=self.user_key)
        self.assert_error(response, 403, ACCESS_ERROR)


class TestManager(AttackCase):
    """Who manages keys is no administrator, and does not become one."""

    def assert_no_admin(self, response):
        """The call is refused."""
        self.assertEqual(response.status_code, 403, response.text)

    def test_he_sees_and_archives_every_key(self):
        ids = self.user_record.ids
        self.assert_status(self.post("json2.api.key/read", {"ids": ids}, key=self.manager_key), 200)
        self.assert_status(self.post("json2.api.key/action_archive", {"ids": ids}, key=self.manager_key), 200)
        self.assertEqual(self.stored(self.user_record, "active"), (False,))
        # To accept it again takes a person who proves who he is.
        self.assert_status(self.post("json2.api.key/action_unarchive", {"ids": ids}, key=self.manager_key), 403)
        self.assertEqual(self.stored(self.user_record, "active"), (False,))

    def test_he_makes_no_key_of_an_administrator(self):
        """A key that he has, written over to the administrator, would be the administrator's."""
        for user in (self.admin, self.env.ref("base.user_root"), self.user):
            with self.subTest(user.login):
                body = {"ids": self.manager_record.ids, "vals": {"user_id": user.id}}
                self.post("json2.api.key/write", body, key=self.manager_key)
                self.assertEqual(self.stored(self.manager_record, "user_id"), (self.manager,))
                response = self.post("res.users/context_get", key=self.manager_key)
                self.assertEqual(response.json()["uid"], self.manager.id)

    def test_an_administrator_moves_no_key_either(self):
        """Whose key it is was said when it was made; the person who holds it must not get another's rights."""
        self.post("json2.api.key/write", {"ids": self.user_record.ids, "vals": {"user_id": self.admin.id}})
        self.assertEqual(self.stored(self.user_record, "user_id"), (self.user,))

    def test_he_rotates_no_key_of_an_administrator(self):
        """The answer would be a key with the administrator's rights."""
        odoo_key = series.generate_user_key(
            self.env["res.users.apikeys"].with_user(self.manager).sudo(), None, "Attack", None)
        for name in ("rotate", "action_rotate"):
            for key in (self.manager_key, odoo_key):
                with self.subTest(name):
                    response = self.post(f"json2.api.key/{name}", {"ids": self.key_record.ids}, key=key)
                    self.assert_no_admin(response)
                    self.assertNotIn('"j2_', response.text)

    def test_he_widens_no_key_of_an_administrator(self):
        record, _key = self.generate(self.admin, read_only=True, allowed_models="res.partner")
        for vals in ({"read_only": False}, {"allowed_models": False}, {"expiration_date": False}):
            with self.assertRaisesRegex(AccessError, "administrator"):
                self.web(self.manager).call("json2.api.key", "write", record.ids, vals)
        self.assertEqual(self.stored(record, "read_only", "allowed_models"), (True, "res.partner"))

    def test_he_cannot_exceed_the_maximum_lifetime(self):
        for date in ("2099-01-01 00:00:00", False, "2000-01-01 00:00:00"):
            with self.assertRaises(UserError):
                self.web(self.manager).call("json2.api.key", "write", self.user_record.ids, {"expiration_date": date})

    def test_nobody_creates_a_key_without_generating_it(self):
        values = {"name": "x", "user_id": self.manager.id}
        for key in (self.user_key, self.manager_key, self.key):
            for path, body in (
                ("json2.api.key/create", {"vals_list": [values]}), ("json2.api.key/create", values),
                ("json2.api.key/copy", {"ids": self.user_record.ids}), ("json2.api.key/name_create", {"name": "x"}),
                ("json2.api.key/web_save", {"ids": [], "vals": values, "specification": {}}),
            ):
                with self.subTest(path):
                    count = self.env["json2.api.key"].search_count([])
                    response = self.post(path, body, key=key)
                    self.assertIn(response.status_code, (403, 404, 422), response.text)
                    self.assertEqual(self.env["json2.api.key"].search_count([]), count)

    def test_a_key_that_was_not_generated_opens_nothing(self):
        """Without a digest there is no secret that fits."""
        self.env["json2.api.key"].sudo().create({"name": "x", "user_id": self.admin.id})
        for key in ("", "None", "False", "j2_", "null"):
            self.assert_status(self.post("res.partner/search_count", {"domain": []}, key="", headers={
                "Authorization": f"Bearer {key}"}), 401)


class TestSecretColumns(AttackCase):
    """digest, odoo_index and odoo_hash are for nobody, not even for an administrator."""

    def attempts(self, column):
        ids, condition = self.key_record.ids, [[column, "!=", False]]
        read = {"ids": ids, "fields": [column]}
        return [
            ("json2.api.key/read", read),
            ("json2.api.key/read", {"ids": ids, "fields": ["name", f"predecessor_id.{column}"]}),
            ("json2.api.key/search_read", {"domain": [], "fields": [column]}),
            ("json2.api.key/search", {"domain": condition}),
            ("json2.api.key/search", {"domain": [[column, "=like", "a%"]]}),
            ("json2.api.key/search", {"domain": [[f"predecessor_id.{column}", "!=", False]]}),
            ("json2.api.key/search", {"domain": [], "order": column}),
            ("json2.api.key/search", {"domain": [], "order": f"{column} desc, id"}),
            ("json2.api.key/search_count", {"domain": condition}),
            ("json2.api.key/read_group", {"domain": [], "fields": ["name"], "groupby": [column]}),
            ("json2.api.key/read_group", {"domain": [], "fields": [f"{column}:array_agg"], "groupby": ["user_id"]}),
            ("json2.api.key/formatted_read_group", {"domain": [], "groupby": [column], "aggregates": []}),
            ("json2.api.key/formatted_read_group", {"domain": [], "aggregates": [f"{column}:array_agg"]}),
            ("json2.api.key/export_data", {"ids": ids, "fields_to_export": [column]}),
            ("json2.api.key/web_read", {"ids": ids, "specification": {column: {}}}),
            ("json2.api.key/web_search_read", {"domain": [], "specification": {column: {}}}),
            ("json2.api.key/name_search", {"domain": condition}),
            ("json2.api.key/filtered_domain", {"ids": ids, "domain": condition}),
            ("json2.api.key/mapped", {"ids": ids, "func": column}),
            ("json2.api.key/fields_get", {"allfields": [column]}),
            ("json2.api.key/default_get", {"fields_list": [column]}),
            ("json2.api.log/search", {"domain": [[f"key_id.{column}", "!=", False]]}),
            ("ir.model.fields/search_count", {"domain": [["model", "=", "json2.api.key"], ["name", "=", column]]}),
        ]

    def test_by_any_means(self):
        digest, _index, odoo_hash = self.columns(self.key_record)
        for column in COLUMNS:
            for path, body in self.attempts(column):
                with self.subTest(path, column=column), mute_logger("odoo.sql_db", "odoo.osv.expression"):
                    response = self.post(path, body)
                    self.assertNotIn(digest, response.text)
                    self.assertNotIn(odoo_hash, response.text)
                    if response.status_code == 200:
                        self.assertIn(response.json(), ([], {}, 0), "the column must be unknown")

    def test_where_nothing_is_named(self):
        digest, _index, odoo_hash = self.columns(self.key_record)
        for path, body in (
            ("json2.api.key/read", {"ids": self.key_record.ids}),
            ("json2.api.key/search_read", {"domain": []}),
            ("json2.api.key/fields_get", {}),
            ("ir.model.fields/search_read", {"domain": [["model", "=", "json2.api.key"]], "fields": ["name"]}),
        ):
            text = self.assert_status(self.post(path, body), 200).text
            for word in (*COLUMNS, digest, odoo_hash):
                self.assertNotIn(word, text)

    def test_they_are_no_fields(self):
        names = self.env["json2.api.key"]._fields
        self.assertFalse(set(COLUMNS) & set(names))


class TestLog(AttackCase):
    """Rows of the log are written by the addon alone."""

    def test_nobody_touches_it(self):
        self.post("res.partner/search_count", {"domain": []}, key=self.user_key)
        row = self.env["json2.api.log"].search([("key_id", "=", self.user_record.id)], limit=1)
        values = {"method": "forged", "status": 200, "key_id": self.key_record.id}
        for key in (self.user_key, self.manager_key, self.key):
            for path, body in (
                ("json2.api.log/create", {"vals_list": [values]}),
                ("json2.api.log/create", values),
                ("json2.api.log/write", {"ids": row.ids, "vals": values}),
                ("json2.api.log/unlink", {"ids": row.ids}),
                ("json2.api.log/copy", {"ids": row.ids}),
                ("json2.api.log/name_create", {"name": "forged"}),
            ):
                with self.subTest(path):
                    self.assert_error(self.post(path, body, key=key), 403, ACCESS_ERROR)
        self.assertEqual(self.stored(row, "method", "status"), ("search_count", 200))
        self.assertFalse(self.env["json2.api.log"].search([("method", "=", "forged")]))

    def test_the_secret_is_not_in_it(self):
        body = json.dumps({"domain": [], "key": self.key})
        self.post("res.partner/search_count", {"key": self.key, "domain": []})
        self.post(f"res.partner/search_count?key={self.key}", {"domain": []})
        self.post(f"res.partner/{self.key}", {"domain": []})
        self.post(f"{self.key}/search", {"domain": []}, headers={"User-Agent": self.key})
        self.post("res.partner/write", {"ids": [self.key], "vals": {}})
        self.post("res.partner/search_count", {"domain": [[self.key, "=", body]]})
        self.env.cr.execute("SELECT t::text FROM json2_api_log t WHERE t::text LIKE %s", [f"%{self.key[9:]}%"])
        self.assertEqual(self.env.cr.fetchall(), [])
