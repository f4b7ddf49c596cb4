from dataclasses import dataclass


@dataclass(frozen=True)
class Credentials:
    """What a key stands for. The dispatcher of a call keeps them as ``credentials``.

    :param int user_id: whose rights the call has
    :param int | None key_id: id of the ``json2.api.key``; None for one of the users' own Odoo keys
    :param int rate_limit: calls that the key may make in a period; 0: what the settings say
    :param str rate_period: a key of :data:`~..protocol.rate_limit.PERIODS`
    """

    user_id: int
    key_id: "int | None" = None
    rate_limit: int = 0
    rate_period: str = "minute"
