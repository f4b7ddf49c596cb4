"""Named arguments: a body that is right for Odoo 19 must bind on every host.

On 16 to 18 an override may name an argument otherwise (``write(self, values)``), and some methods of the ORM itself
were renamed for 19 (``name_search(args)`` became ``name_search(domain)``). The meaning goes with the position, so 19's
name is matched to the parameter that stands at the same position in the signature that will really be called.
"""
import inspect
import weakref

from odoo.models import BaseModel


# ruff: noqa: E704
# pylint: disable=method-required-super
class _Signatures19:
    """The methods of the ORM whose arguments keep their position from 16 to 19, with the names of 19."""

    def check_field_access_rights(self, operation, field_names): ...
    def copy(self, default=None): ...
    def copy_data(self, default=None): ...
    def create(self, vals_list): ...
    def default_get(self, fields): ...
    def export_data(self, fields_to_export): ...
    def fields_get(self, allfields=None, attributes=None): ...
    def name_create(self, name): ...
    def name_search(self, name="", domain=None, operator="ilike", limit=100): ...
    def read(self, fields=None, load="_classic_read"): ...
    def read_group(self, domain, fields, groupby, offset=0, limit=None, orderby=False, lazy=True): ...
    def search(self, domain, offset=0, limit=None, order=None): ...
    def search_count(self, domain, limit=None): ...
    def search_read(self, domain=None, fields=None, offset=0, limit=None, order=None): ...
    def unlink(self): ...
    def update_field_translations(self, field_name, translations, source_lang=""): ...
    def write(self, vals): ...


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

# Functions live as long as their registry; the signatures read from them must not keep them alive any longer.
_bindings = weakref.WeakKeyDictionary()


def bind(function, method, records, arguments, positional=()):
    """Bind arguments to the function that will be called.

    :param collections.abc.Callable function: the unbound method
    :param str method: its name on the model
    :param odoo.models.BaseModel records: what it is called on
    :param dict arguments: the body's named arguments, with 19's names or the host's own
    :param tuple positional: positional arguments, if there are any
    :return: ``(args, kwargs)`` to call ``function`` with; ``args`` starts with ``records``
    :rtype: tuple[tuple, dict]
    :raise TypeError: in 19's names, when an argument is missing or not known
    """
    return _binding(function, method).bind(records, arguments, positional)


def name_arguments(function, method, positional, arguments):
    """Return all arguments of a call under the names of Odoo 19.

    :param tuple positional: positional arguments; those that no parameter takes alone are left out
    :param dict arguments: named arguments
    :rtype: dict
    """
    return {**dict(zip(_binding(function, method).names, positional)), **arguments}


def _binding(function, method):
    by_method = _bindings.setdefault(getattr(function, "__func__", function), {})
    if method not in by_method:
        by_method[method] = _Binding(function, method)
    return by_method[method]


class _Binding:
    """A signature with 19's names in it, and the way back to the host's."""

    def __init__(self, function, method):
        signature = inspect.signature(function)
        canonical = getattr(_Signatures19, method, None)
        self.host_names = {}
        self.defaults = {}
        if canonical:
            signature = self._rename(signature, list(inspect.signature(canonical).parameters.values()))
            self._name_forwarded(signature, method, inspect.signature(canonical))
        self.signature = signature
        self.names_19 = {host: name for name, host in self.host_names.items()}
        self.names = [name for name, parameter in signature.parameters.items() if parameter.kind in _POSITIONAL][1:]

    def bind(self, records, arguments, positional):
        if self.names_19:
            arguments = {self._name_19(name, arguments): value for name, value in arguments.items()}
        bound = self.signature.bind(records, *positional, **arguments)
        for name, value in self.defaults.items():
            bound.arguments.setdefault(name, value)
        return bound.args, {self.host_names.get(name, name): value for name, value in bound.kwargs.items()}

    def _name_19(self, name, arguments):
        name_19 = self.names_19.get(name, name)
        # Both names at once: the host's stays, and is refused as unknown.
        return name if name_19 in arguments else name_19

    def _rename(self, signature, canonical):
        """Return ``signature`` with 19's names in place of the host's."""
        parameters = list(signature.parameters.values())
        if len(parameters) > 1 and parameters[1].kind is inspect.Parameter.VAR_POSITIONAL:
            # ``def write(self, *args, **kwargs)`` passes on what it gets: by position, any name will do behind it.
            return signature.replace(parameters=canonical + parameters[2:])
        names_19 = {parameter.name for parameter in canonical}
        for index, parameter in enumerate(canonical[: len(parameters)]):
            host = parameters[index]
            taken = parameter.name in signature.parameters or host.name in names_19
            if index and host.kind in _POSITIONAL and not taken:
                self.host_names[parameter.name] = host.name
                host = parameters[index] = host.replace(name=parameter.name)
            if host.name == parameter.name and host.default is host.empty and parameter.default is not host.empty:
                # ``def read(self, fields, load=None)``: the body may leave out what has a default on 19.
                parameters[index] = host.replace(default=parameter.default)
                self.defaults[parameter.name] = parameter.default
        return signature.replace(parameters=parameters)

    def _name_forwarded(self, signature, method, canonical):
        """``def name_search(self, name="", **kwargs)`` passes on by name, so the next one must get the host's own."""
        kinds = {parameter.kind for parameter in signature.parameters.values()}
        if inspect.Parameter.VAR_KEYWORD in kinds and hasattr(BaseModel, method):
            host = list(inspect.signature(getattr(BaseModel, method)).parameters)
            for name, host_name in zip(canonical.parameters, host):
                if name not in self.host_names and name != host_name and host_name not in canonical.parameters:
                    self.host_names[name] = host_name
