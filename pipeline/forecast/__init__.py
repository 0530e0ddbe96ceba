"""What a large run takes, from what a small one took."""
