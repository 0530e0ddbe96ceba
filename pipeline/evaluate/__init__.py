"""Predictions scored against a benchmark by MECAT's own scorer, and what baselines reach there."""
