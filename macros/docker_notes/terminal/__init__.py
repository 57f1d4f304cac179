"""Bytes of a terminal, as styled lines."""
