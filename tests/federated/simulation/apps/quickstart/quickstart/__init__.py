"""Federated linear regression in numpy."""
