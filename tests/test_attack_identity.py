"""Who has a session, a password or a short-lived key of somebody does not come to a lasting key by it."""
import contextlib
import json
import xmlrpc.client
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .. import series
from ..identity import person
from .common import Json2Case, WebSession

MANAGER = "json2_backport.group_json2_manager"
KEY, WIZARD = "json2.api.key", "json2.api.key.wizard"
# Changes that make a key last longer or do more.
WIDER = ({"expiration_date": "2027-06-01 00:00:00"}, {"allowed_models": False}, {"read_only": False}, {"rate_limit": 0},
         {"name": "x"}, {"active": True})
# What a browser sends when a person types an address.
INTERACTIVE = {"Content-Type": "application/json", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate",
               "Sec-Fetch-Site": "none", "Sec-Fetch-User": "?1"}


class IdentityCase(Json2Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "json2_manager", f"base.group_user,{MANAGER}")
        cls.other = new_test_user(cls.env, "json2_other", "base.group_user")
        cls.own, cls.own_key = cls.make(cls.manager)
        cls.others, _secret = cls.make(cls.other, allowed_models="res.partner", read_only=True, rate_limit=5)
        cls.names = ("active", "expiration_date", "allowed_models", "read_only", "rate_limit", "name")

    @classmethod
    def make(cls, user, **values):
        date = fields.Datetime.now() + timedelta(days=1)
        return cls.env[KEY]._generate("Identity", user, date, **values)

    def setUp(self):
        super().setUp()
        self.odoo_key = series.generate_user_key(
            self.env["res.users.apikeys"].with_user(self.manager).sudo(), None, "A day",
            fields.Datetime.now() + timedelta(days=1))

    def count(self):
        return self.env[KEY].with_context(active_test=False).search_count([])

    def stored(self, record):
        record.invalidate_recordset()
        return [record[name] for name in self.names]

    def wizard(self, **values):
        """Return the ids of a dialog that the manager has filled in."""
        return self.env[WIZARD].with_user(self.manager).create({"name": "Lasting", "duration": "90", **values}).ids


class TestPrograms(IdentityCase):
    """By the host's remote procedure calls and ours: with a key of Odoo, with a password, with a key of ours."""

    def doors(self):
        """Return ``{name: function(model, method, ids, *args)}``, which answer ``(whether it was done, answer)``."""
        # On 19 those of the host are in a module, and tests/live/test_identity.py goes through them.
        hosts = {} if series.HAS_NATIVE_JSON2 else {
            "/xmlrpc/2 with a key": lambda *call: self.xmlrpc(self.odoo_key, *call),
            "/xmlrpc/2 with the password": lambda *call: self.xmlrpc(self.manager.login, *call),
            "/jsonrpc with a key": lambda *call: self.jsonrpc("/jsonrpc", self.odoo_key, *call),
            "/jsonrpc with the password": lambda *call: self.jsonrpc("/jsonrpc", self.manager.login, *call),
        }
        return {
            **hosts,
            "/jsonrpc2 with a key": lambda *call: self.jsonrpc("/jsonrpc2", self.odoo_key, *call),
            "/jsonrpc2 with a key of ours": lambda *call: self.jsonrpc("/jsonrpc2", self.own_key, *call),
            "/json/2 with a key": lambda *call: self.json2(self.odoo_key, *call),
            "/json/2 with a key of ours": lambda *call: self.json2(self.own_key, *call),
            "/json/2 with a session": self.interactive,
        }

    def xmlrpc(self, password, *call):
        params = (self.env.cr.dbname, self.manager.id, password, call[0], call[1], list(call[2:]))
        body = xmlrpc.client.dumps(params, "execute_kw")
        response = self.url_open("/xmlrpc/2/object", body.encode(), headers={"Content-Type": "text/xml"})
        try:
            xmlrpc.client.loads(response.content)
        except xmlrpc.client.Fault as fault:
            # None cannot be marshalled: then it was done.
            return "cannot marshal None" in str(fault), response.text
        return True, response.text

    def jsonrpc(self, path, password, *call):
        args = [self.env.cr.dbname, self.manager.id, password, call[0], call[1], list(call[2:])]
        params = {"service": "object", "method": "execute_kw", "args": args}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params})
        response = self.url_open(path, body.encode(), headers={"Content-Type": "application/json"})
        return "error" not in response.json(), response.text

    def json2(self, key, model, method, ids, *args):
        response = self.post(f"{model}/{method}", dict(zip(["vals"], args), ids=ids), key)
        return response.status_code == 200, response.text

    def interactive(self, model, method, ids, *args):
        session = WebSession(self, self.manager.login)
        body = json.dumps(dict(zip(["vals"], args), ids=ids))
        response = session.open(f"/json/2/{model}/{method}", body, headers=INTERACTIVE)
        return response.status_code == 200, response.text

    def each_door(self):
        for name, call in self.doors().items():
            with self.subTest(name), mute_logger("odoo.http", "odoo.addons.base.models.res_users"):
                self.assertTrue(call("res.partner", "get_metadata", self.manager.partner_id.ids)[0], "the door is open")
                yield call

    def assert_refused(self, answer, words="Only a person"):
        done, text = answer
        self.assertFalse(done, text)
        self.assertIn(words, text)
        self.assertNotIn("j2_", text)

    def test_they_generate_no_key(self):
        count = self.count()
        for call in self.each_door():
            for values in ({}, {"user_id": self.other.id}):
                self.assert_refused(call(WIZARD, "action_generate", self.wizard(**values)))
        self.assertEqual(self.count(), count)

    def test_they_do_not_rotate_by_the_button(self):
        count = self.count()
        for call in self.each_door():
            for record in (self.own, self.others):
                self.assert_refused(call(KEY, "action_rotate", record.ids))
        self.assertEqual(self.count(), count)

    def test_they_do_not_unarchive(self):
        self.others.active = False
        for call in self.each_door():
            self.assert_refused(call(KEY, "action_unarchive", self.others.ids))
            self.assertEqual(self.others.active, False)

    def test_they_widen_no_key(self):
        before = self.stored(self.others)
        for call in self.each_door():
            for values in WIDER:
                self.assert_refused(call(KEY, "write", self.others.ids, values))
        self.assertEqual(self.stored(self.others), before)

    def test_they_archive(self):
        for call in self.each_door():
            self.others.active = True
            self.assertTrue(call(KEY, "write", self.others.ids, {"active": False})[0])
            self.assertEqual(self.stored(self.others)[0], False)
            self.others.active = True
            self.assertTrue(call(KEY, "action_archive", self.others.ids)[0])
            self.assertEqual(self.stored(self.others)[0], False)

    def test_a_manager_rotates_no_key_of_another(self):
        count = self.count()
        for call in self.each_door():
            self.assert_refused(call(KEY, "rotate", self.others.ids), "rotate")
        self.assertEqual(self.count(), count)

    def test_they_rotate_their_own(self):
        for name, call in self.doors().items():
            if name != "/json/2 with a session":
                with self.subTest(name):
                    done, text = call(KEY, "rotate", self.own.ids)
                    self.assertTrue(done, text)
                    self.assertIn("j2_", text)
                    # So many living ones are not allowed.
                    self.env[KEY].search([("predecessor_id", "=", self.own.id)]).unlink()


class TestSession(IdentityCase):
    """Whoever has taken a session over does not know the password."""

    def setUp(self):
        super().setUp()
        self.session = WebSession(self, self.manager.login)

    def assert_asked(self, model, method, ids):
        """The host asks for the password; return its dialog."""
        dialog = self.session.call(model, method, ids)
        self.assertEqual(dialog["res_model"], "res.users.identitycheck")
        return dialog

    def test_generating(self):
        count = self.count()
        dialog = self.assert_asked(WIZARD, "action_generate", self.wizard(user_id=self.other.id))
        self.assertEqual(self.count(), count)
        secret = self.session.confirm(dialog)["context"]["default_key"]
        self.assertEqual(self.post("res.users/context_get", key=secret).json()["uid"], self.other.id)

    def test_rotating(self):
        count = self.count()
        dialog = self.assert_asked(KEY, "action_rotate", self.others.ids)
        self.assertEqual(self.count(), count)
        secret = self.session.confirm(dialog)["context"]["default_key"]
        self.assertEqual(self.count(), count + 1)
        self.assertTrue(secret.startswith("j2_"))

    def test_unarchiving(self):
        self.others.active = False
        dialog = self.assert_asked(KEY, "action_unarchive", self.others.ids)
        self.assertEqual(self.stored(self.others)[0], False)
        self.session.confirm(dialog)
        self.assertEqual(self.stored(self.others)[0], True)

    def test_unarchiving_by_other_ways(self):
        self.others.active = False
        ways = {"write": [{"active": True}], "toggle_active": [], "web_save": [{"active": True}, {}]}
        for method, args in ways.items():
            if not hasattr(self.others, method):
                continue  # before 17
            # On 19 toggle_active asks for the password, and nobody sees the dialog.
            with self.subTest(method), contextlib.suppress(AccessError):
                self.session.call(KEY, method, self.others.ids, *args)
            self.assertEqual(self.stored(self.others)[0], False)

    def test_what_is_not_the_password(self):
        """An API key is none either."""
        count = self.count()
        dialog = self.assert_asked(WIZARD, "action_generate", self.wizard())
        for text in ("wrong", self.odoo_key, self.own_key):
            with self.subTest(text), self.assertRaises(UserError):
                self.session.confirm(dialog, text)
        self.assertEqual(self.count(), count)

    def test_rotating_as_programs_do(self):
        """The method has no dialog, so that no session gets anything from it, not even one that was checked."""
        count = self.count()
        for session in (self.session, self.web(self.manager)):
            for ids in (self.own.ids, self.others.ids, []):
                with self.assertRaisesRegex(AccessError, "A session cannot rotate"):
                    session.call(KEY, "rotate", ids)
        self.assertEqual(self.count(), count)

    def test_a_mistake_is_told_before_the_password_is_asked_for(self):
        wizard = self.wizard(duration="custom", expiration_date="2000-01-01 00:00:00")
        with self.assertRaisesRegex(UserError, "already passed"):
            self.session.call(WIZARD, "action_generate", wizard)

    def test_asked_once_in_a_while(self):
        self.session.confirm(self.assert_asked(WIZARD, "action_generate", self.wizard()))
        self.others.active = False
        self.session.call(KEY, "action_unarchive", self.others.ids)
        self.assertEqual(self.stored(self.others)[0], True)
        self.others.active = False
        self.session.call(KEY, "write", self.others.ids, {"active": True})
        self.assertEqual(self.stored(self.others)[0], True)
        for model, method, ids in ((WIZARD, "action_generate", self.wizard()), (KEY, "action_rotate", self.others.ids)):
            self.assertEqual(self.session.call(model, method, ids)["res_model"], "json2.api.key.show")

    def test_changing_a_key(self):
        """What a manager changes in the form asks for no password: it gives nobody a secret."""
        for values in WIDER[:-1]:
            self.session.call(KEY, "write", self.others.ids, values)
        self.assertEqual(self.stored(self.others)[2:], [False, False, 0, "x"])

    def test_a_session_that_comes_along(self):
        """One that was checked, with a call of a program: the program is none the less a program for it."""
        session = self.web(self.manager)
        count, before = self.count(), self.stored(self.others)
        args = [self.env.cr.dbname, self.manager.id, self.odoo_key]
        for call in ([WIZARD, "action_generate", [self.wizard()]], [KEY, "action_rotate", [self.own.ids]],
                     [KEY, "write", [self.others.ids, {"read_only": False}]]):
            params = {"service": "object", "method": "execute_kw", "args": args + call}
            for path in ("/jsonrpc2",) if series.HAS_NATIVE_JSON2 else ("/jsonrpc", "/jsonrpc2"):
                body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params})
                with self.subTest(path, call=call), mute_logger("odoo.http"):
                    answer = session.open(path, body, headers={"Content-Type": "application/json"})
                    self.assertIn("Only a person", answer.text)
            path, body = f"/json/2/{call[0]}/{call[1]}", json.dumps({"ids": call[2][0], **dict(zip(["vals"], call[2][1:]))})
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.odoo_key}"}
            self.assertEqual(session.open(path, body, headers=headers).status_code, 403)
        self.assertEqual((self.count(), self.stored(self.others)), (count, before))


class TestNoRequest(IdentityCase):
    """Scheduled actions, and what else runs by itself."""

    def run_action(self, code, user):
        action = self.env["ir.actions.server"].create({
            "name": "Identity", "model_id": self.env.ref("json2_backport.model_json2_api_key").id,
            "state": "code", "code": code})
        action.with_user(user).sudo(False).with_context(active_model=KEY).run()

    def test_a_scheduled_action(self):
        count = self.count()
        for code in (f"env['{WIZARD}'].create({{'name': 'x'}}).action_generate()",
                     f"env['{KEY}'].browse({self.others.id}).action_rotate()",
                     f"env['{KEY}'].browse({self.others.id}).rotate()",
                     f"env['{KEY}'].browse({self.others.id}).write({{'read_only': False}})",
                     f"env['{KEY}'].browse({self.others.id}).action_unarchive()"):
            with self.subTest(code), self.assertRaisesRegex(Exception, "a person|A program"):
                self.run_action(code, self.admin)
        self.assertEqual(self.count(), count)

    def test_what_has_no_dispatcher(self):
        """Requests that come over a websocket, for which other addons give methods."""

        class Websocket:
            session = type("Session", (), {"uid": self.manager.id, "can_save": True})
            env = self.env(user=self.manager)

        with patch.object(person, "request", Websocket()):
            with self.assertRaisesRegex(Exception, "Only a person"):
                self.env[WIZARD].with_user(self.manager).browse(self.wizard()).action_generate()
            with self.assertRaisesRegex(Exception, "A session cannot rotate"):
                self.own.with_user(self.manager).rotate()

    def test_in_the_name_of_another(self):
        """Code that a person starts, and that goes on as somebody else."""
        action = self.env["ir.actions.server"].create({
            "name": "Identity", "model_id": self.env.ref("json2_backport.model_json2_api_key").id, "state": "code",
            "code": f"model.with_user({self.admin.id}).browse({self.key_record.id}).action_rotate()"})
        session, count = self.web(self.manager), self.count()
        with self.assertRaisesRegex(Exception, "Only a person"):
            session.call("ir.actions.server", "run", action.ids)
        self.assertEqual(self.count(), count)
