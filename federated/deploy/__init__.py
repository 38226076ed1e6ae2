"""A Flower app on a real SuperLink and SuperNodes: the commands, or a run on this machine."""
