import json

from .common import Json2Case

HINT = "Did you mean POST /json/2/<model>/<method>?"


class TestRouting(Json2Case):
    def test_what_is_not_a_call(self):
        for path in ("", "/res.partner", "/res.partner/search/1"):
            with self.subTest(path):
                response = self.url_open("/json/2" + path)
                self.assert_error(response, 404, "werkzeug.exceptions.NotFound", HINT)

    def test_get_is_no_call(self):
        response = self.url_open("/json/2/res.partner/search")
        self.assert_error(response, 404, "werkzeug.exceptions.NotFound", HINT)

    def test_a_trailing_slash_is_passed_over(self):
        self.assertEqual(self.post("res.partner/search_count/", {"domain": []}).status_code, 200)

    def test_broken_json(self):
        response = self.url_open(
            "/json/2/res.partner/search",
            data=b'{"domain":[}',
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"},
        )
        error = self.assert_error(response, 400, "werkzeug.exceptions.BadRequest")
        self.assertTrue(error["message"].startswith("could not parse the body as json: "))

    def test_another_media_type(self):
        """Refused before anything else, the key included."""
        response = self.url_open("/json/2/res.partner/search", data=b"{}", headers={"Content-Type": "text/plain"})
        self.assertEqual(response.status_code, 415)
        self.assertEqual(response.headers["Accept"], "application/json")

    def test_without_a_key(self):
        message = "User not authenticated, use an API Key with a Bearer Authorization header."
        for authorization in ("", "Bearer", "Bearer ", "Basic YTpi", self.key):
            with self.subTest(authorization):
                response = self.post("res.partner/search", key="", headers={"Authorization": authorization})
                self.assert_error(response, 401, "werkzeug.exceptions.Unauthorized", message)
                self.assertEqual(response.headers["WWW-Authenticate"].strip(), "Bearer")
                self.assertNotIn("Set-Cookie", response.headers)

    def test_a_session_alone_is_not_enough(self):
        self.authenticate("admin", "admin")
        message = 'Missing "Authorization" or Sec-headers for interactive usage.'
        response = self.post("res.partner/search_count", {"domain": []}, key="")
        self.assert_error(response, 401, "werkzeug.exceptions.Unauthorized", message)
        navigation = {
            "Sec-Fetch-Dest": "document",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-User": "?1",
        }
        response = self.post("res.partner/search_count", {"domain": []}, key="", headers=navigation)
        self.assertEqual(response.status_code, 200, response.text)

    def test_a_session_of_another_user(self):
        self.authenticate("admin", "admin")
        _, key = self.env["json2.api.key"]._generate("Employee", self.employee)
        response = self.post("res.partner/search_count", {"domain": []}, key=key)
        message = "Session user does not match the used apikey."
        self.assert_error(response, 403, "odoo.exceptions.AccessDenied", message)

    def test_a_body_that_is_no_object_names_no_argument(self):
        for body in ([1, 2], "x", 1):
            with self.subTest(body=body):
                response = self.url_open(
                    "/json/2/res.partner/search_count",
                    data=json.dumps(body).encode(),
                    headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"},
                )
                message = "missing a required argument: 'domain'"
                self.assert_error(response, 422, "werkzeug.exceptions.UnprocessableEntity", message)
