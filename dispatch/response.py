import json

from odoo import http

from .. import series


def json_bytes(data, **options):
    """Return ``data`` as JSON.

    :param data: what Odoo's methods return: JSON values, dates, bytes, lazy strings
    :param options: further ones of ``json.dumps``
    :rtype: bytes
    """
    text = json.dumps(data, ensure_ascii=False, default=series.json_default, **options)
    # A lone surrogate is legal in JSON's escapes and in no encoding; Python's escape of it is the one of JSON.
    return text.encode("utf-8", "backslashreplace")


def json_response(data, status=200, headers=()):
    """Return ``data`` as a JSON response.

    :param data: what Odoo's methods return, or bytes that are JSON already
    :param int status: the HTTP status
    :param headers: pairs to add
    :rtype: odoo.http.Response
    """
    return http.Response(
        data if isinstance(data, bytes) else json_bytes(data),
        status=status,
        headers=[("Content-Type", "application/json; charset=utf-8"), *headers],
    )
