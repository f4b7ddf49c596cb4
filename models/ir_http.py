from odoo import models
from odoo.exceptions import AccessDenied
from odoo.http import request

from ..dispatch import cors, parameters
from ..dispatch.cooldown import guarded
from ..dispatch.credentials import Credentials, unauthorized
from ..dispatch.json2 import check_media_type
from ..dispatch.restrictions import check_client
from ..protocol import key as key_format
from ..protocol.bearer import bearer_token, is_interactive

NO_KEY = "User not authenticated, use an API Key with a Bearer Authorization header."


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _auth_method_json2(cls):
        """Authenticate a call by its bearer key, as ``auth="bearer"`` of Odoo 19 does.

        :raise UnsupportedMediaType: before all else, as on 19
        :raise Unauthorized: without a valid key, whatever is wrong with it
        :raise AccessDenied: the key is not of the session's user
        """
        cors.answer_options(request)
        check_media_type(request)
        token = bearer_token(request.httprequest.headers.get("Authorization"))
        if token:
            cls._json2_log_in(token)
        elif not request.env.uid:
            raise unauthorized(NO_KEY)
        elif not is_interactive(request.httprequest.headers):
            raise unauthorized('Missing "Authorization" or Sec-headers for interactive usage.')
        cls._auth_method_user()
        request.dispatcher.entry.user_id = request.env.uid

    @classmethod
    def _auth_method_jsonrpc2(cls):
        """Authenticate a JSON-RPC request by its bearer key, unless its calls bring keys of their own.

        A session is never enough: this endpoint takes media types that any page can send.

        :raise UnsupportedMediaType: before all else
        :raise Unauthorized: without a valid key, whatever is wrong with it
        :raise AccessDenied: the key is not of the session's user
        """
        dispatcher = request.dispatcher
        dispatcher.credentials = None
        cors.answer_options(request)
        dispatcher.check_media_type()
        token = bearer_token(request.httprequest.headers.get("Authorization"))
        if token:
            cls._json2_log_in(token)
            cls._auth_method_user()
            dispatcher.entry.user_id = request.env.uid
        elif dispatcher.has_own_key():
            request.update_env(user=request.env.ref("base.public_user").id)
        else:
            raise unauthorized(NO_KEY)

    @classmethod
    def _json2_log_in(cls, token):
        """Let the rest of the request run as the user of a key."""
        cls._json2_act_as(cls._json2_check(token))

    @classmethod
    def _json2_check(cls, token):
        """Return the credentials that a key stands for.

        :rtype: Credentials
        :raise Unauthorized: when it is not valid
        :raise TooManyRequests: too many wrong keys came from the same address
        """
        keys = request.env["json2.api.key"]
        credentials = keys._recall(token) or guarded(request, token, cls._json2_credentials)
        if not credentials:
            raise unauthorized("Invalid apikey")
        return credentials

    @classmethod
    def _json2_act_as(cls, credentials):
        """Let what follows run as the user of a key.

        :raise AccessDenied: the key is not of the session's user
        :raise Forbidden: the key is not for this client
        """
        request.dispatcher.credentials = credentials
        if request.session.uid and request.session.uid != credentials.user_id:
            # In the words of 19: programs read them.
            raise AccessDenied("Session user does not match the used apikey.")  # pylint: disable=translation-required
        check_client(credentials, request.httprequest.remote_addr)
        request.update_env(user=credentials.user_id)
        request.session.can_save = False

    @classmethod
    def _json2_credentials(cls, token):
        """Return the credentials that a key stands for, None when it is not valid.

        :rtype: Credentials | None
        """
        if token.startswith(key_format.PREFIX):
            return request.env["json2.api.key"]._authenticate(token)
        if not parameters.is_on(request.env, "user_keys"):
            return None
        uid = request.env["res.users.apikeys"]._json2_authenticate(token)
        return Credentials(uid) if uid else None
