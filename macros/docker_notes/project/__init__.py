"""A site's pages: which run, which are replayed, and the results."""
