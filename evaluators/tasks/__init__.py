"""The tasks as lm-eval reads them: one YAML a form and protocol, and the functions it names."""
