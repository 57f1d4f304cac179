"""Docker: client, daemon, base images, sandbox, cleanup of orphans."""
