"""A page's text: grammar, examples, what is hidden from Jinja."""
