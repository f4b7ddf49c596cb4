"""The wire format: plain Python, no import of odoo, so that every rule here can be tested without a server."""
