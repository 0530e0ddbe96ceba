"""From annotations to words."""
