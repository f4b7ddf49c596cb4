from . import controllers, dispatch, models
from .hooks import post_load, uninstall_hook
