"""Uploaded images: checked, made anew from their pixels, kept under the hash of their content."""
