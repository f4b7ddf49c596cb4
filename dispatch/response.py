import json

from odoo import http

from .. import series


def json_response(data, status=200, headers=()):
    """Return ``data`` as a JSON response.

    :param data: what Odoo's methods return: JSON values, dates, bytes, lazy strings
    :param int status: the HTTP status
    :param headers: pairs to add
    :rtype: odoo.http.Response
    """
    text = json.dumps(data, ensure_ascii=False, default=series.json_default)
    # A lone surrogate is legal in JSON's escapes and in no encoding.
    body = text.encode("utf-8", "replace")
    return http.Response(
        body,
        status=status,
        headers=[("Content-Type", "application/json; charset=utf-8"), *headers],
    )
