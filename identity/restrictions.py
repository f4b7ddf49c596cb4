"""The restrictions of a key, where a call meets them. Each refusal names the restriction."""
from werkzeug.exceptions import Forbidden

from ..protocol.restrictions import in_networks, matches


def check_client(credentials, address):
    """Refuse a client that is not in the key's networks.

    :param Credentials credentials: the key
    :param str address: the client's; behind a proxy only in Odoo's proxy mode, which is the host's affair
    :raise Forbidden: when the key is not for this client
    """
    if not in_networks(address, credentials.allowed_networks):
        raise Forbidden(f"This API key may not be used from {address} (allowed networks).")


def check_call(credentials, model, method):
    """Refuse a method that the key is not for.

    :raise Forbidden: naming the model or the method
    """
    if not matches(model, credentials.allowed_models):
        raise Forbidden(f"This API key may not be used for the model {model!r} (allowed models).")
    if not matches(method, credentials.allowed_methods):
        raise Forbidden(f"This API key may not be used for the method {method!r} (allowed methods).")
