"""Recordings as HTML, figures, numbers and asciicasts."""
