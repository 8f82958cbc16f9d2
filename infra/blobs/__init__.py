"""Files under names that never change their content: a folder, or a bucket that speaks S3."""

from infra.blobs.open import open_blobs
from infra.blobs.protocol import BlobStore

__all__ = ["BlobStore", "open_blobs"]
