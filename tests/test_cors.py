from .common import Json2Case

ORIGIN = "https://app.example.com"
FOREIGN = "https://evil.example.com"


class TestCors(Json2Case):
    def setUp(self):
        super().setUp()
        self.allow(ORIGIN)

    def allow(self, origins):
        self.env["ir.config_parameter"].set_param("json2_backport.allowed_origins", origins)

    def preflight(self, origin=ORIGIN, path="/json/2/res.partner/search_count", **headers):
        all_headers = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        all_headers.update({"Origin": origin} if origin else {}, **headers)
        return self.opener.options(self.base_url() + path, headers=all_headers, timeout=12)

    def count(self, origin=ORIGIN, key=None, body=None):
        headers = {"Origin": origin} if origin else {}
        return self.post("res.partner/search_count", {"domain": []} if body is None else body, key=key, headers=headers)

    def assert_no_cors(self, response):
        self.assertFalse([name for name in response.headers if name.lower().startswith("access-control-")])

    def assert_readable(self, response, origin=ORIGIN):
        self.assertEqual(response.headers.get("Access-Control-Allow-Origin"), origin)
        self.assertNotIn("Access-Control-Allow-Credentials", response.headers)

    def test_preflight(self):
        response = self.preflight()
        self.assertEqual((response.status_code, response.content), (204, b""))
        self.assert_readable(response)
        self.assertEqual(response.headers["Vary"], "Origin")
        self.assertEqual(response.headers["Access-Control-Allow-Methods"], "POST")
        self.assertEqual(
            response.headers["Access-Control-Allow-Headers"],
            "Authorization, Content-Type, X-Json2-Atomic, X-Odoo-Database, X-Request-Id",
        )
        self.assertEqual(response.headers["Access-Control-Max-Age"], "86400")
        self.assertNotIn("Set-Cookie", response.headers)

    def test_preflight_of_what_is_no_call(self):
        """So that the page can read what is wrong with its request."""
        self.assertEqual(self.preflight(path="/json/2/res.partner").status_code, 204)

    def test_any_origin(self):
        self.allow("*")
        self.assertEqual(self.preflight(FOREIGN).headers["Access-Control-Allow-Origin"], "*")
        response = self.count(FOREIGN)
        self.assert_readable(response, "*")
        self.assertNotIn("Vary", response.headers)

    def test_call(self):
        response = self.count()
        self.assertEqual(response.status_code, 200)
        self.assert_readable(response)
        self.assertEqual(response.headers["Vary"], "Origin")
        for name in ("Retry-After", "RateLimit", "RateLimit-Policy", "Warning", "X-Request-Id"):
            self.assertIn(name, response.headers["Access-Control-Expose-Headers"].split(", "))

    def test_errors_can_be_read(self):
        for status, response in (
            (401, self.count(key="bad")),
            (401, self.count(key="")),
            (422, self.count(body={})),
            (404, self.post("no.model/read", headers={"Origin": ORIGIN})),
            (404, self.url_open("/json/2/res.partner", headers={"Origin": ORIGIN})),
            (415, self.post("res.partner/read", headers={"Origin": ORIGIN, "Content-Type": "text/plain"})),
        ):
            with self.subTest(status=status):
                self.assertEqual(response.status_code, status)
                self.assert_readable(response)

    def test_a_preflight_that_is_not_allowed_is_told_no_origin(self):
        """Nor is it a call, which it would be on Odoo 19."""
        url = self.base_url() + "/json/2/res.partner/search_count"
        for headers in (
            {"Origin": FOREIGN, "Access-Control-Request-Method": "POST"},
            {"Access-Control-Request-Method": "POST"},
            {},
        ):
            for key in ({}, {"Authorization": f"Bearer {self.key}"}):
                with self.subTest(headers=headers, key=bool(key)):
                    response = self.opener.options(url, headers={**headers, **key}, timeout=12)
                    self.assertEqual((response.status_code, response.content), (204, b""))
                    self.assertEqual((response.headers["Allow"], response.headers["Vary"]), ("POST, OPTIONS", "Origin"))
                    self.assert_no_cors(response)

    def test_foreign_origin(self):
        self.assert_no_cors(self.preflight(FOREIGN))
        response = self.count(FOREIGN)
        self.assertEqual(response.status_code, 200)
        self.assert_no_cors(response)
        self.assertEqual(response.headers["Vary"], "Origin")

    def test_none_by_default(self):
        self.allow(False)
        for response in (self.preflight(), self.count()):
            self.assert_no_cors(response)
            self.assertNotIn("Vary", response.headers)
        self.assertEqual(self.preflight().status_code, 204)

    def test_nothing_but_the_api(self):
        response = self.url_open("/web/login", headers={"Origin": ORIGIN})
        self.assertEqual(response.status_code, 200)
        self.assert_no_cors(response)
