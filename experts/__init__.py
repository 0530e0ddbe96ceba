"""Things that listen; they know nothing of shards, Ray or YAML."""
