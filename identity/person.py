"""Who is at the other end: a person in the web client, or a program with a key, a password or somebody's session."""
import functools

from odoo import _
from odoo.exceptions import AccessError
from odoo.http import request

from odoo.addons.base.models.res_users import check_identity


def request_credentials():
    """Return what the current request was authenticated with on one of our endpoints, or with one of our keys.

    :rtype: Credentials | None
    """
    # Websockets and what other addons put in the place of a request have no dispatcher.
    return getattr(getattr(request or None, "dispatcher", None), "credentials", None)


def is_by_session():
    """Tell whether nothing but a session says who makes the current request.

    :rtype: bool
    """
    # The host's XML-RPC and JSON-RPC leave the user of the request open, whatever cookies come along.
    uid = request and request.env.uid
    return bool(uid) and uid == request.session.uid and not request_credentials()


def check_web_client(env):
    """Refuse all but a person who is logged in to the web client, and acts as himself.

    :param odoo.api.Environment env: the environment of the action
    :raise AccessError:
    """
    # On routes for programs the host saves no session, and could not remember a check of the identity either.
    is_person = is_by_session() and hasattr(request, "dispatcher") and request.session.can_save
    if not is_person or request.session.uid != env.uid:
        raise AccessError(_("Only a person can do this, in the web client. A program can only rotate its own key."))


def identity_checked(action):
    """Decorate an action of the web client: the host asks the person for his password before it, as for its own keys.

    :param collections.abc.Callable action: takes nothing but the records
    :rtype: collections.abc.Callable
    """
    checked = check_identity(action)

    # Copies the mark by which the host knows what it may run after the check.
    @functools.wraps(checked)
    def guarded(self):
        check_web_client(self.env)
        return checked(self)

    return guarded


def is_identity_checked(records):
    """Tell whether the host would go on without asking for a password.

    :param odoo.models.BaseModel records: any records
    :rtype: bool
    """
    return _confirm(records) is True


@check_identity
def _confirm(_records):
    return True
