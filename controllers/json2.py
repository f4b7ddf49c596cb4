from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import request

from ..dispatch.base import CONTROLLERS_MODULE
from ..dispatch.call import Call, execute
from ..dispatch.json2 import Json2Dispatcher


class Json2Controller(http.Controller):
    """``/json/2``, with the routes of Odoo 19 (``odoo.addons.rpc.controllers.json2``)."""

    __module__ = CONTROLLERS_MODULE

    @http.route(
        ["/json/2", "/json/2/<path:subpath>"],
        type=Json2Dispatcher.routing_type,
        auth="public",
        methods=["GET", "POST", "PUT", "DELETE", "PATCH"],
        save_session=False,
    )
    def not_found(self, subpath=None):
        raise NotFound("Did you mean POST /json/2/<model>/<method>?")

    @http.route(
        "/json/2/<model>/<method>",
        type=Json2Dispatcher.routing_type,
        auth="json2",
        methods=["POST"],
        save_session=False,
    )
    def call(self, model, method):
        dispatcher = request.dispatcher
        dispatcher.entry.model, dispatcher.entry.method = model, method
        call = Call.from_body(model, method, dispatcher.body)
        dispatcher.entry.ids, dispatcher.entry.arguments = call.ids, call.arguments
        return execute(request.env, call, dispatcher.credentials)
