"""Who makes a call, and what the key lets him do."""
from dataclasses import dataclass
from typing import Optional

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized


@dataclass(frozen=True)
class Credentials:
    """What authentication found out, in one look-up.

    :param int user_id: whose rights the call has
    :param int | None key_id: the ``json2.api.key``; None for one of Odoo's own keys
    :param str | None key_name: what the key is for
    :param allowed_models: patterns, as typed; None: every model
    :param allowed_methods: patterns, as typed; None: every method
    :param read_only: whether the call may change nothing
    :param allowed_networks: networks, as typed; None: every client
    :param log_arguments: when the log keeps the arguments of its calls; None: as the settings say
    :param int rate_limit: calls that the key may make in a period; 0: what the settings say
    :param str rate_period: a key of :data:`~..protocol.rate_limit.PERIODS`
    :param int | None family: what the key shares with those that it was rotated from and into
    """

    user_id: int
    key_id: Optional[int] = None
    key_name: Optional[str] = None
    allowed_models: Optional[str] = None
    allowed_methods: Optional[str] = None
    read_only: bool = False
    allowed_networks: Optional[str] = None
    log_arguments: Optional[str] = None
    rate_limit: int = 0
    rate_period: str = "minute"
    family: Optional[int] = None

    @property
    def is_restricted(self):
        """Whether the key may do less than its user."""
        return any([self.allowed_models, self.allowed_methods, self.read_only, self.allowed_networks, self.rate_limit])


def unauthorized(message):
    """Return the refusal of a request without a valid key.

    :param str message: what is wrong, in one sentence
    :rtype: werkzeug.exceptions.Unauthorized
    """
    return Unauthorized(message, www_authenticate=WWWAuthenticate("bearer"))
