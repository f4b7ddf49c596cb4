import json
import re
import sys
from unittest.mock import patch

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..audit import flood
from ..identity import cooldown


@tagged("post_install", "-at_install")
class Json2Case(HttpCase):
    """Calls over HTTP, with a key of an administrator."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.env.ref("base.user_admin")
        cls.employee = new_test_user(cls.env, "json2_employee", "base.group_user")
        cls.key_record, cls.key = cls.env["json2.api.key"]._generate("Tests", cls.admin)

    def setUp(self):
        super().setUp()
        # All tests come from one address, and many of them with wrong keys.
        cooldown._failures.clear()
        flood._minutes.clear()
        self.sessions = {}

    def post(self, path, body=None, key=None, headers=None):
        """POST a JSON body.

        :param str path: below ``/json/2``
        :param body: what is sent as JSON
        :param str | None key: the class's own by default, an empty string for none
        :param dict | None headers: further headers
        :rtype: requests.Response
        """
        all_headers = {"Content-Type": "application/json"}
        key = self.key if key is None else key
        if key:
            all_headers["Authorization"] = f"Bearer {key}"
        all_headers.update(headers or {})
        return self.url_open(f"/json/2/{path}", data=json.dumps(body or {}).encode(), headers=all_headers)

    def web(self, user):
        """Log a person in to the web client, whose password is the login, and have him prove once who he is.

        :param odoo.models.BaseModel user: who
        :return: the same one each time in a test
        :rtype: WebSession
        """
        if user not in self.sessions:
            self.sessions[user] = session = WebSession(self, user.login)
            # Odoo's own way to a key is the way to its dialog.
            session.confirm(session.call("res.users", "api_key_wizard", user.ids))
        return self.sessions[user]

    def assert_error(self, response, status, name, message=None):
        """The response is an error object of five keys in their order."""
        self.assertEqual(response.status_code, status, response.text)
        self.assertEqual(response.headers["Content-Type"], "application/json; charset=utf-8")
        error = response.json()
        self.assertEqual(list(error), ["name", "message", "arguments", "context", "debug"])
        self.assertEqual(error["name"], name)
        if message is not None:
            self.assertEqual(error["message"], message)
        return error


class WebSession:
    """A person's session in the web client, over HTTP, apart from the other calls of a test.

    :param odoo.tests.HttpCase case: the test
    :param str login: the person's login, and the password as well
    """

    def __init__(self, case, login):
        self.case = case
        self.cookies = case.opener.cookies.copy()
        self.password = login
        page = self.open("/web/login").text
        token = re.search('name="csrf_token" value="([^"]+)"', page)[1]
        self.open("/web/login", {"login": login, "password": login, "csrf_token": token, "redirect": "/web/health"})

    def open(self, path, data=None, **options):
        """Send a request with the cookies of the session.

        :rtype: requests.Response
        """
        with patch.object(self.case.opener, "cookies", self.cookies):
            return self.case.url_open(path, data, **options)

    def call(self, model, method, *args, **kwargs):
        """Call a method as the web client does.

        :return: the result
        :raise Exception: whatever the method has raised
        """
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}, default=str)
        path = f"/web/dataset/call_kw/{model}/{method}"
        with mute_logger("odoo.http", "odoo.sql_db"):
            answer = self.open(path, body, headers={"Content-Type": "application/json"}).json()
        if "error" in answer:
            module, _dot, name = answer["error"]["data"]["name"].rpartition(".")
            raise getattr(sys.modules[module], name)(answer["error"]["data"]["message"])
        return answer.get("result")

    def confirm(self, dialog, password=None):
        """Type the password into the dialog that asks for it.

        :param dict dialog: the action that opens it
        :param str | None password: None: the right one
        :return: what the action returns that asked for it
        """
        self.case.assertEqual((dialog or {}).get("res_model"), "res.users.identitycheck", dialog)
        password = self.password if password is None else password
        self.call(dialog["res_model"], "write", [dialog["res_id"]], {"password": password})
        # Odoo 19 takes it from the context.
        return self.call(dialog["res_model"], "run_check", [dialog["res_id"]], context={"password": password})
