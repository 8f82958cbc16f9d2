"""The examples of the Amazon S3 API Reference ("Signature Calculations for the Authorization Header")."""

import hashlib
from datetime import UTC, datetime

from infra.blobs.aws_signature import EMPTY, Credentials, encoded_path, signed

CREDENTIALS = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
HOST = "examplebucket.s3.amazonaws.com"
DAY = datetime(2013, 5, 24, tzinfo=UTC)


def test_get_object() -> None:
    headers = signed(CREDENTIALS, "GET", HOST, "/test.txt", {"range": "bytes=0-9"}, EMPTY, DAY)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_put_object() -> None:
    digest = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()
    given = {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"}
    headers = signed(CREDENTIALS, "PUT", HOST, encoded_path("test$file.text"), given, digest, DAY)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    )


def test_a_path_is_encoded_but_for_its_slashes() -> None:
    assert encoded_path("bucket", "a/b c/", "é~.jpg") == "/bucket/a/b%20c/%C3%A9~.jpg"
