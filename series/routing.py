from .version import VERSION


def routing_rules(method):
    """Decorate an override of ``ir.http._generate_routing_rules``: before 17 the host calls it on the class.

    :param collections.abc.Callable method: the override
    """
    return classmethod(method) if VERSION < 17 else method
