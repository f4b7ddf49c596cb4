"""Stop the throw-away PostgreSQL server (the next command starts it again)."""
from . import postgres


def configure(parser):
    pass


def main(_arguments):
    postgres.stop()
    return 0
