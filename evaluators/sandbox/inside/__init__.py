"""What runs in the boxes: the servers of calls, and the examiners that ask and compare.

Two of these start for every program, so they import as little as they can: typing, json, pathlib
and collections each take a good part of the interpreter's own time to start.
"""
