"""Object code: read, followed along its paths, compared."""
