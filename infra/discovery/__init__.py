"""Processes tell etcd where they are, for those who have no other way to find them."""
