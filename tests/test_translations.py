import os

from babel.messages.pofile import read_po

from odoo.modules import get_module_path
from odoo.tests import TransactionCase
from odoo.tools.translate import TranslationModuleReader


class TestTranslations(TransactionCase):
    """Every text that a person sees has its translation."""

    def test_spanish_is_complete(self):
        path = os.path.join(get_module_path("json2_backport"), "i18n", "es.po")
        with open(path, "rb") as po_file:
            catalog = read_po(po_file, locale="es")
        translated = {message.id for message in catalog if message.id and message.string}
        terms = {row[4] for row in TranslationModuleReader(self.env.cr, modules=["json2_backport"])}
        self.assertIn("JSON-2 API Key", terms)
        self.assertEqual(sorted(terms - translated), [])
        self.assertFalse([message.id for message in catalog if message.fuzzy and message.id])
