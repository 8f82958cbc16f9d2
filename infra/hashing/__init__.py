"""Passwords are hashed by processes beside this one, which leave a busy processor to others."""
