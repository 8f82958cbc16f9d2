"""The HTTP server, and the life of a process that serves: signals, forks, what it prepares, how it ends."""
