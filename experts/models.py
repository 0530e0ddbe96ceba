"""The model store: weights by name, pinned in models.toml, looked up, fetched and verified."""
