"""Small sites, one a set-up: each folder is a site, and its expect.toml says what its pages show."""
