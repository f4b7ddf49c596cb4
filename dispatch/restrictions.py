"""The restrictions of a key, where a call meets them. Each refusal names the restriction."""
import contextlib

from psycopg2.errors import ReadOnlySqlTransaction
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


@contextlib.contextmanager
def transaction_mode(credentials, env):
    """Let PostgreSQL itself refuse whatever a call with a read-only key tries to write.

    The mode is set in a savepoint and ends with it, so that the audit row can be written after the call. The call
    must not end the transaction: a new one would be free to write.

    :raise Forbidden: when the call tried to write
    """
    if not credentials or not credentials.read_only:
        yield
        return
    cr = env.cr
    cr.execute("SAVEPOINT json2_read_only")
    cr.execute("SET TRANSACTION READ ONLY")
    cr.commit = _refuse_commit
    try:
        yield
        env.flush_all()
    except ReadOnlySqlTransaction as exc:
        raise _refused() from exc
    finally:
        del cr.commit
    cr.execute("ROLLBACK TO SAVEPOINT json2_read_only")


def _refuse_commit():
    raise _refused()


def _refused():
    return Forbidden("This API key is read-only.")
