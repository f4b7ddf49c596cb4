from odoo import models
from odoo.http import request

from ..dispatch import cors
from ..dispatch.json2 import check_media_type
from ..identity import act_as, authenticate, unauthorized
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
            act_as(request, authenticate(request, token))
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
            act_as(request, authenticate(request, token))
            cls._auth_method_user()
            dispatcher.entry.user_id = request.env.uid
        elif dispatcher.has_own_key():
            request.update_env(user=request.env.ref("base.public_user").id)
        else:
            raise unauthorized(NO_KEY)
