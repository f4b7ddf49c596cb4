from unittest.mock import patch

from odoo.tools import config

from .common import Json2Case


class TestJson2(Json2Case):
    def test_read(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        response = self.post("res.partner/read", {"ids": [partner.id], "fields": ["name"]})
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/json; charset=utf-8")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertEqual(response.json(), [{"id": partner.id, "name": "Ada"}])

    def test_create_write_unlink(self):
        ids = self.post("res.partner/create", {"vals_list": [{"name": "x"}, {"name": "y"}]}).json()
        partners = self.env["res.partner"].browse(ids)
        self.assertEqual(partners.mapped("name"), ["x", "y"])
        self.assertIs(self.post("res.partner/write", {"ids": ids, "vals": {"ref": "r"}}).json(), True)
        partners.invalidate_recordset()
        self.assertEqual(partners.mapped("ref"), ["r", "r"])
        self.assertIs(self.post("res.partner/unlink", {"ids": ids}).json(), True)
        self.assertFalse(partners.exists())

    def test_a_recordset_is_answered_as_ids(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        (copy_id,) = self.post("res.partner/copy", {"ids": [partner.id]}).json()
        self.assertEqual(self.env["res.partner"].browse(copy_id).name, "Ada (copy)")

    def test_the_context_replaces_the_users_own(self):
        self.admin.tz = "Europe/Brussels"
        partner = self.env["res.partner"].create({"name": "Gone", "active": False})
        body = {"domain": [["id", "=", partner.id]]}
        self.assertEqual(self.post("res.partner/search", body).json(), [])
        body["context"] = {"active_test": False}
        self.assertEqual(self.post("res.partner/search", body).json(), partner.ids)

    def test_calls_have_the_rights_of_the_keys_user(self):
        _, key = self.env["json2.api.key"]._generate("Employee", self.employee)
        response = self.post("json2.api.key/search_read", {"domain": []}, key=key)
        self.assert_error(response, 403, "odoo.exceptions.AccessError")
        context = self.post("res.users/context_get", key=key).json()
        self.assertEqual(context["uid"], self.employee.id)

    def test_unknown_model_and_method(self):
        name = "werkzeug.exceptions.NotFound"
        self.assert_error(self.post("no.model/read"), 404, name, "the model 'no.model' does not exist")
        self.assert_error(
            self.post("res.partner/nope"), 404, name, "The method 'res.partner.nope' does not exist"
        )

    def test_an_attribute_is_no_method(self):
        for attribute in ("pool", "env", "ids", "name"):
            with self.subTest(attribute):
                self.assertEqual(self.post(f"res.partner/{attribute}").status_code, 404)

    def test_no_traceback_by_default(self):
        error = self.assert_error(self.post("no.model/read"), 404, "werkzeug.exceptions.NotFound")
        self.assertEqual(error["debug"], "")

    def test_traceback_when_the_settings_say_so(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("json2_backport.traceback", "always")
        self.assertIn("Traceback", self.post("no.model/read").json()["debug"])
        parameters.set_param("json2_backport.traceback", "dev")
        with patch.dict(config.options, {"dev_mode": ["access"]}):
            self.assertIn("Traceback", self.post("no.model/read").json()["debug"])
            parameters.set_param("json2_backport.traceback", "never")
            self.assertEqual(self.post("no.model/read").json()["debug"], "")

    def test_flat_create(self):
        response = self.post("res.partner/create", {"name": "Flat", "ref": "f"})
        self.assertEqual(response.status_code, 200, response.text)
        self.assertIn("vals_list", response.headers["Warning"])
        self.assertEqual(self.env["res.partner"].browse(response.json()).mapped("ref"), ["f"])

    def test_flat_create_takes_fields_only(self):
        missing = "missing a required argument: 'vals_list'"
        for body in ({}, {"name": "x", "nofield": 1}):
            with self.subTest(body=body):
                response = self.post("res.partner/create", body)
                self.assert_error(response, 422, "werkzeug.exceptions.UnprocessableEntity")
                self.assertNotIn("Warning", response.headers)
        self.env["ir.config_parameter"].set_param("json2_backport.flat_create", False)
        response = self.post("res.partner/create", {"name": "x"})
        self.assert_error(response, 422, "werkzeug.exceptions.UnprocessableEntity", missing)

    def test_vals_list_needs_no_warning(self):
        response = self.post("res.partner/create", {"vals_list": {"name": "x"}})
        self.assertEqual(response.status_code, 200, response.text)
        self.assertNotIn("Warning", response.headers)

    def test_no_sql_leaves_the_server(self):
        for method, body in (
            ("search", {"domain": [["id", "=", "abc"]]}),
            ("search", {"domain": [], "limit": "many"}),
            ("write", {"ids": self.admin.partner_id.ids, "vals": {"color": 99999999999999}}),
        ):
            with self.subTest(method=method, body=body):
                response = self.post(f"res.partner/{method}", body)
                error = self.assert_error(response, 422, "werkzeug.exceptions.UnprocessableEntity")
                self.assertNotIn("SELECT", error["message"])
                self.assertNotIn("LINE 1", error["message"])
