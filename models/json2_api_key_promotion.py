import logging
from contextlib import contextmanager

from odoo import models

from .. import series
from .json2_api_key import ADMINISTRATORS

_logger = logging.getLogger(__name__)


class Json2ApiKey(models.Model):
    """Keys that somebody else has generated for a user, who then becomes an administrator.

    He who has generated one knows it. He was allowed to have the rights that the user had then, and no more.
    """

    _inherit = "json2.api.key"

    @contextmanager
    def _ending_with_promotion(self, domain=()):
        """Archive, of the keys that others know, those whose users become administrators meanwhile.

        :param domain: of the keys to look at
        """
        keys = self.sudo().with_context(active_test=True).search(list(domain))
        keys = keys.filtered(lambda key: key.generator_id != key.user_id)
        before = keys._administrators()
        yield
        for user, group in keys._administrators() - before:
            keys.filtered(lambda key, user=user: key.user_id == user)._end_for(group)

    def _administrators(self):
        """Return ``{(user, group)}``: in which groups of administrators the users of the keys are."""
        users = self.user_id.with_context(active_test=False)
        return {
            (user, group)
            for group in ADMINISTRATORS if users
            for user in users.search([("id", "in", users.ids), (series.ALL_USER_GROUPS, "in", self.env.ref(group).ids)])
        }

    def _end_for(self, group):
        """Archive the keys whose generators are not in a group."""
        ended = self.filtered(lambda key: not (key.generator_id and key.generator_id.has_group(group)))
        for key in ended:
            _logger.warning(
                "The API key %s of %s was archived: the user is in %s now, and %s, who generated it, is not.",
                key.prefix, key.user_id.login, group, key.generator_id.login,
            )  # fmt: skip
        if ended:
            ended.write({"active": False})
