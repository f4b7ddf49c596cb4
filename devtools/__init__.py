"""Tools for people who work on json2_backport. Not shipped, not imported by the addon."""
