"""What is said to the person, and the one exception that ends a command with a sentence instead of a traceback."""


class Failure(Exception):
    """Something the person has to know or set; its text is all that is shown."""


def say(text):
    print(text, flush=True)
