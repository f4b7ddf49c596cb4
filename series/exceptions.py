"""HTTP statuses of exceptions. Odoo 19 keeps them on the classes (``odoo.exceptions``); older hosts have none."""
import psycopg2.errors

from odoo import exceptions
from odoo.http import SessionExpiredException
from odoo.service import model as service_model

from .version import VERSION

_CONCURRENCY_ERRORS = (
    psycopg2.errors.LockNotAvailable,
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    # Odoo 19 only
    *filter(None, [getattr(exceptions, "ConcurrencyError", None)]),
)

# First match wins, so subclasses come before their base.
_STATUSES = (
    ((exceptions.AccessDenied, exceptions.AccessError, SessionExpiredException), 403),
    (exceptions.MissingError, 404),
    (_CONCURRENCY_ERRORS, 409),
    (exceptions.UserError, 422),
)


def http_status(exception):
    """Return the HTTP status of an exception that is not werkzeug's.

    :rtype: int
    """
    own = getattr(exception, "http_status", None)
    if own and isinstance(exception, (exceptions.UserError, SessionExpiredException)):
        return own
    return next((status for classes, status in _STATUSES if isinstance(exception, classes)), 500)


def is_concurrency_error(exception):
    """Tell whether the call failed only because of another transaction, and may succeed when it is sent again.

    :rtype: bool
    """
    return isinstance(exception, _CONCURRENCY_ERRORS)


def integrity_error(env, exception):
    """Return what the host raises in place of a violated constraint of the database when a request ends with one.

    Source: Odoo, ``odoo.service.model.retrying``.

    :param odoo.api.Environment env: of the call, whose savepoint is rolled back
    :param psycopg2.IntegrityError exception: what PostgreSQL said
    :rtype: odoo.exceptions.ValidationError
    """
    error = _as_validation_error(env, exception)
    error.__cause__ = exception
    return error


def _as_validation_error(env, exception):
    if VERSION < 19:
        return service_model._as_validation_error(env, exception)
    table = exception.diag.table_name
    name = next((model._name for model in env.registry.values() if model._table == table), "base")
    message = env._("The operation cannot be completed: %s", env[name]._sql_error_to_message(exception))
    return exceptions.ValidationError(message)
