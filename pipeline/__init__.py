"""Movement: sound in, shards through the experts, texts, splits and exports out."""
