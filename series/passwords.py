"""Logins and passwords, checked by the host itself: with its cooldown, and refused where two factors are wanted."""
from odoo import SUPERUSER_ID
from odoo.service import common

from .version import VERSION


def host_version():
    """Return what the host's ``common.version`` returns.

    :return: ``{"server_version": str, "server_version_info": list, "server_serie": str, "protocol_version": int}``
    :rtype: dict
    """
    return common.exp_version()


def log_in(database, login, password):
    """Return the id of a user who logs in as to the host's ``common.login``.

    :param str database: name of the database
    :param str login: what the client calls the user
    :param str password: a password, or one of Odoo's own keys
    :return: False when the host refuses
    :rtype: int | bool
    """
    return common.exp_login(database, login, password)


def check_password(env, uid, password):
    """Check a user's password as the host's ``object.execute_kw`` does.

    :param odoo.api.Environment env: any environment
    :param int uid: the user's id
    :param str password: a password, or one of Odoo's own keys
    :raise AccessDenied: it is wrong, or the host does not accept it here
    """
    users = env(user=SUPERUSER_ID)["res.users"]
    if VERSION >= 19:
        users._check_uid_passwd(uid, password)
    else:
        type(users).check(env.cr.dbname, uid, password)
