"""The report: figures of a dataset, one HTML page, and a server for large sets."""
