"""Versioned prompt files; a released version is never edited."""
