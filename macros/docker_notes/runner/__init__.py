"""The shell, one page's run, many pages at once."""
