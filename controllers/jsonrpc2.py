from odoo import http
from odoo.http import request

from ..dispatch.base import CONTROLLERS_MODULE
from ..dispatch.jsonrpc2 import JsonRpc2Dispatcher


class JsonRpc2Controller(http.Controller):
    """``/jsonrpc2``: JSON-RPC 2.0, with the calls of Odoo's ``/jsonrpc`` among others."""

    __module__ = CONTROLLERS_MODULE

    @http.route(
        "/jsonrpc2",
        type=JsonRpc2Dispatcher.routing_type,
        auth="jsonrpc2",
        methods=["POST"],
        save_session=False,
    )
    def serve(self):
        return request.dispatcher.serve()
