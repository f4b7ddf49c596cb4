"""Which Odoo this is."""
from odoo import release

# The first number: 16 for 16.0.
VERSION = release.version_info[0]
