import json

from odoo.tests import HttpCase, new_test_user, tagged

from ..dispatch import cooldown, flood


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
