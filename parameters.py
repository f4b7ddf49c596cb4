"""Our system parameters, as the settings page or a person has written them."""

PREFIX = "json2_backport."


def text(env, name):
    """Return one of our system parameters.

    :param odoo.api.Environment env: any environment
    :param str name: without ``json2_backport.``
    :return: an empty string when it is not set
    :rtype: str
    """
    return env["ir.config_parameter"]._json2_parameters().get(name, "")


def is_on(env, name):
    """Tell whether a yes-or-no parameter says yes.

    :rtype: bool
    """
    return text(env, name) == "True"


def integer(env, name, default=0):
    """Return one of our system parameters as a number.

    :param odoo.api.Environment env: any environment
    :param str name: without ``json2_backport.``
    :param int default: when it is not set, not positive or no number: by hand anything can be typed in there
    :rtype: int
    """
    try:
        number = int(text(env, name))
    except ValueError:
        return default
    return number if number > 0 else default
