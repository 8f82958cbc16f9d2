"""A whole sale over HTTP, from sign-in to PAID: this build, and another beside it in the same run."""
