"""Which methods may be called remotely."""
import functools
import inspect
import weakref

from odoo.exceptions import AccessError

from .version import VERSION

# What Odoo 19 marks ``@api.private`` on every model. 18 marks some of these, 16 and 17 none.
_PRIVATE_ON_19 = frozenset("""
    browse check_access concat ensure_one exists fetch filtered filtered_domain flush_model flush_recordset grouped init
    invalidate_model invalidate_recordset lock_for_update mapped modified new search_fetch sorted sudo
    try_lock_for_update union update with_company with_context with_env with_prefetch with_user
""".split())

# Class of a model -> {name of a method: whether it is marked private}
_marks = weakref.WeakKeyDictionary()

# ``_api`` of a method that takes no record, on 16 to 18; 19 has ``_api_model``.
_MODEL_APIS = ("model", "model_create")


def public_method(model, name):
    """Return the unbound method ``name`` of a model, if it may be called remotely.

    Source of the rule and of its words: Odoo 19, ``odoo.service.model.get_public_method``.

    :param odoo.models.BaseModel model: any recordset of the model
    :param str name: the method's name
    :rtype: collections.abc.Callable
    :raise AccessError: when the method is private
    :raise AttributeError: when there is no such method; the message is for the client
    """
    cls = type(model)
    if name.startswith("_") or name in _PRIVATE_ON_19 or _is_marked_private(cls, name):
        # pylint: disable-next=translation-required  # the words of 19
        raise AccessError(f"Private methods (such as '{model._name}.{name}') cannot be called remotely.")
    method = getattr(cls, name, None)
    if not inspect.isroutine(method):
        raise AttributeError(f"The method '{model._name}.{name}' does not exist")
    return _copy_each(method) if VERSION < 18 and name == "copy" else method


def is_model_method(method):
    """Tell whether a method takes no record ids (``@api.model``).

    :rtype: bool
    """
    return getattr(method, "_api_model", False) or getattr(method, "_api", None) in _MODEL_APIS


def _copy_each(copy):
    """Before 18 ``copy`` takes one record; from then on any number."""

    @functools.wraps(copy)
    def copy_each(records, *args, **kwargs):
        return records.browse(id_ for record in records for id_ in copy(record, *args, **kwargs).ids)

    return copy_each


def _is_marked_private(cls, name):
    # Remembered for as long as the registry's class lives: with many applications a model has a hundred classes.
    marks = _marks.setdefault(cls, {})
    if name not in marks:
        # An override without the mark stays private, so every class of the model is asked.
        is_private = any(getattr(vars(parent).get(name), "_api_private", False) for parent in cls.mro())
        if not hasattr(cls, name):
            return is_private  # names come from clients: only those that exist are worth the memory
        marks[name] = is_private
    return marks[name]
