"""Images of products."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from models.documents import ImageDoc
from resolvers.shared.caching import CATALOG, cached
from resolvers.shared.context import Context, Info
from resolvers.shared.failures import bad_argument
from resolvers.shared.fields import field
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from services.catalog.find_product_ids import product_ids_of_images
from services.catalog.views import visible
from services.media.rules import MAX_SIDE, fit, thumbnail_name, url_of


@strawberry.type(description="An image made smaller, as WebP.", directives=[cached(CATALOG)])
class Thumbnail:
    url: str = strawberry.field(description="Where it is, with its host.")
    size: int = strawberry.field(description="Pixels on its longest side.")
    width: int = strawberry.field(description="In pixels.")
    height: int = strawberry.field(description="In pixels.")


@strawberry.type(
    description="An image of a product: uploaded, or somewhere else on the web.", directives=[cached(CATALOG)]
)
class Image(Node):
    alt_text: str | None = strawberry.field(
        description="What is to be seen, for those who do not see it; null when nobody said."
    )
    width: int | None = strawberry.field(description="In pixels; null when it was not uploaded.")
    height: int | None = strawberry.field(description="In pixels; null when it was not uploaded.")
    document: strawberry.Private[ImageDoc]

    @classmethod
    def of(cls, document: ImageDoc) -> "Image":
        return cls(
            id=encode_id("Image", document.id),
            alt_text=document.alt_text,
            width=document.width,
            height=document.height,
            document=document,
        )

    @classmethod
    def pick(cls, documents: Sequence[ImageDoc], image_id: UUID) -> "Image | None":
        """Pick the one of this id, if it is still there."""
        return next((cls.of(document) for document in documents if document.id == image_id), None)

    @field(
        max_age=CATALOG,
        description="With a size, the smallest version whose longest side has at least as many pixels. Of an "
        "uploaded image it never changes.",
    )
    def url(
        self,
        info: Info,
        size: Annotated[
            int | None,
            strawberry.argument(
                description="Pixels that its longest side has at least; the picture as it is when left out."
            ),
        ] = None,
    ) -> str:
        if size is not None and not 1 <= size <= MAX_SIDE:
            raise bad_argument("size", f"must be between 1 and {MAX_SIDE}")
        document = self.document
        if document.media_name is None:
            return document.url
        fitting = None if size is None else next((s for s in document.thumbnails if s >= size), None)
        return _url(info.context, document.media_name, fitting)

    @field(max_age=CATALOG, description="Smaller versions of an uploaded image, the smallest first.")
    def thumbnails(self, info: Info) -> list[Thumbnail]:
        document = self.document
        if document.media_name is None or document.width is None or document.height is None:
            return []
        found = []
        for size in document.thumbnails:
            width, height = fit(document.width, document.height, size)
            url = _url(info.context, document.media_name, size)
            found.append(Thumbnail(url=url, size=size, width=width, height=height))
        return found


def _url(context: Context, name: str, size: int | None) -> str:
    return url_of(context.infra.settings, name if size is None else thumbnail_name(name, size), context.base_url)


async def _load_images(context: Context, ids: Sequence[UUID]) -> list[Image | None]:
    """Load those of products that the viewer may see."""
    products = set((await product_ids_of_images(context.infra, ids)).values())
    found = await context.loaders.product_by_id.load_many(products)
    shown = [product for doc in found if (product := visible(context.viewer, doc)) is not None]
    return pick_nodes(ids, {image.id: image for product in shown for image in product.images}, Image.of)


register_node("Image", _load_images)
