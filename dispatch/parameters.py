def integer(env, name, default=0):
    """Return one of our system parameters as a number.

    :param odoo.api.Environment env: any environment
    :param str name: without ``json2_backport.``
    :param int default: when it is not set, not positive or no number: by hand anything can be typed in there
    :rtype: int
    """
    value = env["ir.config_parameter"].sudo().get_param(f"json2_backport.{name}")
    try:
        number = int(value)
    except (TypeError, ValueError):
        return default
    return number if number > 0 else default
