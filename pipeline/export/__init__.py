"""What leaves the pipeline, one format a file."""
