"""How numbers and pictures are written in templates."""
