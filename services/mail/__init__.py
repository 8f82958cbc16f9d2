"""Mail: queued with the change it tells of, sent by the worker through a small port."""
