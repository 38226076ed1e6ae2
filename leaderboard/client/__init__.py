"""The command-line client: standard library and httpx, nothing of the server."""

__version__ = "0.1.0"
