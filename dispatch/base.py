from .. import audit
from .body import check_size, has_body

# What the host takes for the module of our controllers. It is none, since the host serves the controllers of every module
# that the server has loaded in all of its databases, and no hook tells it otherwise; see models/ir_http_routes.py.
CONTROLLERS = "json2_backport where it is installed"
CONTROLLERS_MODULE = f"odoo.addons.{CONTROLLERS}.controllers"


class EndpointDispatcher:
    """What the dispatchers of our endpoints have in common; the first base of each, before ``odoo.http.Dispatcher``.

    ``path`` is where the endpoint begins.
    """

    path = None

    def __init__(self, request):
        super().__init__(request)
        self.credentials = None
        self.entry = audit.begin(self.path, request)

    @classmethod
    def is_compatible_with(cls, request):
        # Any media type: hosts before 19 would answer 400 to a wrong one, check_media_type() answers 415.
        # The host names all that are in what it says of a wrong one, also where the addon is not installed.
        return request.httprequest.path.startswith(cls.path) and "json2.api.key" in (request.registry or ())

    def read_body(self):
        """Return the bytes of the body.

        :rtype: bytes
        :raise RequestEntityTooLarge: when it is larger than the settings allow
        """
        if not has_body(self.request):
            return b""
        check_size(self.request)
        return self.request.httprequest.get_data()

    def post_dispatch(self, response):
        super().post_dispatch(response)
        self.add_headers(response)

    def add_headers(self, response):
        """Add the headers that every answer has.

        :param odoo.http.Response response: the answer
        """
        # Hosts before 19 set it for images only.
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Request-Id"] = self.entry.request_id
