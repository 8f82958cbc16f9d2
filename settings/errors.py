"""What is wrong with a setting."""


class BadSetting(ValueError):
    """A setting that cannot be worked with. The text names it and is meant for who set it."""
