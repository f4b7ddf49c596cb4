"""One process at a time for each step of the setting up."""
import contextlib
import fcntl

from .console import say
from .paths import cache


@contextlib.contextmanager
def lock(name):
    """Hold the lock `name`. The system frees it when its holder dies, however that happens."""
    with cache("locks", name).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another ./dev to finish with {name} ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
