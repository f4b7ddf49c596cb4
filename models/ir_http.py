from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from odoo import models
from odoo.exceptions import AccessDenied
from odoo.http import request

from .. import series
from ..dispatch.cooldown import guarded
from ..dispatch.credentials import Credentials
from ..dispatch.json2 import check_media_type
from ..protocol import key as key_format
from ..protocol.bearer import bearer_token, is_interactive


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _auth_method_json2(cls):
        """Authenticate a call by its bearer key, as ``auth="bearer"`` of Odoo 19 does.

        :raise UnsupportedMediaType: before all else, as on 19
        :raise Unauthorized: without a valid key, whatever is wrong with it
        :raise TooManyRequests: too many wrong keys came from the same address
        :raise AccessDenied: the key is not of the session's user
        """
        check_media_type(request)
        token = bearer_token(request.httprequest.headers.get("Authorization"))
        if token:
            credentials = guarded(request, token, cls._json2_credentials)
            if not credentials:
                raise _unauthorized("Invalid apikey")
            if request.env.uid and request.env.uid != credentials.user_id:
                raise AccessDenied("Session user does not match the used apikey.")
            request.update_env(user=credentials.user_id)
            request.session.can_save = False
            request.dispatcher.credentials = credentials
        elif not request.env.uid:
            raise _unauthorized("User not authenticated, use an API Key with a Bearer Authorization header.")
        elif not is_interactive(request.httprequest.headers):
            raise _unauthorized('Missing "Authorization" or Sec-headers for interactive usage.')
        cls._auth_method_user()

    @classmethod
    def _json2_credentials(cls, token):
        """Return the credentials that a key stands for, None when it is not valid."""
        if token.startswith(key_format.PREFIX):
            return request.env["json2.api.key"]._authenticate(token)
        uid = request.env["res.users.apikeys"]._json2_authenticate(token)
        return Credentials(uid) if uid else None

    if series.HAS_NATIVE_JSON2:

        def _generate_routing_rules(self, modules, converters):
            """Leave ``/json/2`` to the host's own module where that is loaded."""
            rules = list(super()._generate_routing_rules(modules, converters))
            native = {url for url, endpoint in rules if endpoint.routing["type"] == "json2"}
            ours = {"/json/2", "/json/2/<path:subpath>", "/json/2/<model>/<method>"} if "/json/2" in native else ()
            return (rule for rule in rules if not _is_shadowed(rule, ours))


def _is_shadowed(rule, urls):
    url, endpoint = rule
    return url in urls and endpoint.routing["type"] == "json2_backport"


def _unauthorized(message):
    return Unauthorized(message, www_authenticate=WWWAuthenticate("bearer"))
