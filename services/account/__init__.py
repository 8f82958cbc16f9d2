"""The life of an account: its e-mail address, its password, its end, and a copy of what it holds."""
