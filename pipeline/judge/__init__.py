"""Scores, duplicates, verdict and split: which clips and texts belong in the dataset."""
