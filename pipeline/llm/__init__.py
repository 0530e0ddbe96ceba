"""Asking a language model: the client, its pace and budgets, and the journal of its answers."""
