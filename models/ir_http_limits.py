from werkzeug.exceptions import HTTPException

from odoo import models
from odoo.http import request

from .. import series
from ..dispatch import cors
from ..dispatch.errors import log_failure


class IrHttp(models.AbstractModel):
    """What goes around a call whichever dispatcher serves it: ours, or on Odoo 19 the host's own."""

    _inherit = "ir.http"

    @classmethod
    def _authenticate(cls, endpoint):
        if request.httprequest.path.startswith(series.API_PATHS):
            cors.begin(request)
        return super()._authenticate(endpoint)

    @classmethod
    def _dispatch(cls, endpoint):
        try:
            return super()._dispatch(endpoint)
        except HTTPException as exc:
            entry = getattr(request.dispatcher, "entry", None)
            if entry and exc.response and exc.code is None:
                # A response that is raised. The host sends it as it is, past all that logs.
                log_failure(entry, getattr(request.dispatcher, "credentials", None), exc, exc.response)
            raise

    @classmethod
    def _post_dispatch(cls, response):
        super()._post_dispatch(response)
        cors.finish(request, response)

    @classmethod
    def _handle_error(cls, exception):
        response = super()._handle_error(exception)
        cors.finish(request, response)
        return response
