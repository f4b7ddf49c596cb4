"""One call among others in a transaction."""
import contextlib

from werkzeug.exceptions import UnprocessableEntity

from .version import VERSION


@contextlib.contextmanager
def savepoint(env):
    """Take back all that a call has done, if it fails, while the transaction goes on.

    The host's savepoint takes back rows and the caches of records. What it leaves is done here: values that were cached
    beyond the transaction, models that were changed, and what was to happen after the commit.

    :param odoo.api.Environment env: of the call
    """
    cr = env.cr
    after_commit, known = list(cr.postcommit._funcs), set(cr.postcommit.data)
    try:
        with cr.savepoint():
            yield
    except Exception:
        cr.postcommit._funcs.clear()
        cr.postcommit._funcs.extend(after_commit)
        for name in cr.postcommit.data.keys() - known:
            del cr.postcommit.data[name]
        _forget_changes(env.registry, cr)
        raise


@contextlib.contextmanager
def unbroken_transaction(env):
    """Refuse to commit or to roll back while a call is made, since that would be for all the calls before it as well.

    :param odoo.api.Environment env: of the call
    :raise UnprocessableEntity: the method ends the transaction
    """
    cr = env.cr
    cr.commit = cr.rollback = _refuse
    try:
        yield
    finally:
        del cr.commit, cr.rollback


def _refuse():
    raise UnprocessableEntity("This method ends the transaction, which no call of a batch can: send it by itself.")


def clear_invalidated_caches(registry):
    """Clear once more what the transaction has invalidated. It stays marked: others are told at its end.

    :param odoo.modules.registry.Registry registry: of the database
    """
    if registry.cache_invalidated and VERSION >= 17:
        registry.clear_cache(*registry.cache_invalidated)
    elif registry.cache_invalidated:
        registry._clear_cache()


def _forget_changes(registry, cr):
    """Forget what the call has changed; calls before it may have changed the same."""
    if registry.registry_invalidated:
        (registry._setup_models__ if VERSION >= 19 else registry.setup_models)(cr)
    clear_invalidated_caches(registry)
