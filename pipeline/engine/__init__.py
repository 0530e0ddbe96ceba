"""How shards get worked on: on disk, in one process, on Ray."""
