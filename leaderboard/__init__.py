"""The web site, its queue and its rules. It starts engines; it never imports torch."""
