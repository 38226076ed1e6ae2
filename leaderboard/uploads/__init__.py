"""Files that strangers send: unpacked safely, recognised by content, refused with every reason."""

from .adapter import prepare
from .archive import unpack
from .contract import Declared, Found, Kind, read_declared
from .looking import look, look_recipe, named

__all__ = [
    "Declared",
    "Found",
    "Kind",
    "look",
    "look_recipe",
    "named",
    "prepare",
    "read_declared",
    "unpack",
]
