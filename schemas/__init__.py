"""The nouns of a dataset: every column is named here and nowhere else."""
