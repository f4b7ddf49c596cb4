"""What happened: one row in ``json2.api.log`` for every call, whatever becomes of it.

An endpoint begins an :class:`~.entry.Entry` with its request, and tells it how each call ended.
"""
from .entry import Entry, begin
from .rows import commit_durably, forget, lock, remove_lock, unlocked
from .server_log import prepare_server_log
