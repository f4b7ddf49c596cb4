from odoo.exceptions import UserError

from .version import VERSION


def check_language(env):
    """Refuse a context whose language is not installed. Odoo 18 and 19 do so by themselves.

    :param odoo.api.Environment env: the environment of a call
    :raise UserError: in the words of Odoo 19
    """
    code = env.context.get("lang")
    if VERSION < 18 and code and code != "en_US" and not _is_installed(env, code):
        raise UserError(f"Invalid language code: {code}")  # pylint: disable=translation-required


def _is_installed(env, code):
    return isinstance(code, str) and bool(env["res.lang"]._lang_get_id(code))
