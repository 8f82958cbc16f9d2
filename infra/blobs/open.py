"""Which store of files the settings name."""

from infra.blobs.aws_signature import Credentials
from infra.blobs.folder import Folder
from infra.blobs.protocol import BlobStore
from infra.blobs.s3 import S3, Bucket
from infra.clock import Clock
from settings import Settings
from settings.errors import BadSetting


def open_blobs(settings: Settings, now: Clock) -> BlobStore:
    """Make the store; it connects to nothing yet. Errors: BadSetting."""
    if settings.media_store is None:
        return Folder(settings.home / "media")
    access, secret = settings.s3_access_key_id, settings.s3_secret_access_key
    if not access or secret is None:
        raise BadSetting("RUSHCART_S3_ACCESS_KEY_ID and RUSHCART_S3_SECRET_ACCESS_KEY: a bucket needs both")
    name, _, prefix = settings.media_store.removeprefix("s3://").partition("/")
    credentials = Credentials(access, secret.get_secret_value(), settings.s3_region)
    endpoint = settings.s3_endpoint or f"https://s3.{settings.s3_region}.amazonaws.com"
    return S3(Bucket(endpoint, name, prefix, credentials), now, timeout=settings.store_timeout)
