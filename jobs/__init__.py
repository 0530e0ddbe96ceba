"""Run configurations and how to submit them."""
