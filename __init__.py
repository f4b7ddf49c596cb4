from . import controllers, dispatch, models, wizards
from .hooks import post_load, uninstall_hook
