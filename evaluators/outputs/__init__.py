"""Outputs that somebody handed in, as their tools wrote them: scored again from the items.

Only the uploaded prompts, ids and answers are used. What is right is decided by our golds, our
tests and our reading; an uploaded gold tells items with the same prompt apart and no more.
"""
