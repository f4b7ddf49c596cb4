from .version import VERSION

# Which of the host's caches a change of a system parameter clears.
PARAMETER_CACHE = {"cache": "stable"} if VERSION >= 19 else {}
