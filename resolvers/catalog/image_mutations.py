"""The images of products. For staff."""

from typing import Annotated
from uuid import UUID

import strawberry

from models.enums import Role, Scope
from resolvers.catalog.image_types import Image
from resolvers.catalog.types import Product
from resolvers.shared.context import Info
from resolvers.shared.errors import InvalidInput, NotFound, StaleVersion, TryAgain
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.words import IMAGE_ID, PRODUCT_ID
from services.catalog.add_product_image import NewImage, add_product_image
from services.catalog.remove_product_image import remove_product_image
from services.catalog.update_product_image import ImageChange, update_product_image
from services.media.rules import Upload
from services.shared.errors import NotFound as ProductGone

_VERSION = "Refuse when the product was changed since; null takes it as it is."


@strawberry.input(description="A picture for a product.")
class AddProductImageInput:
    product_id: strawberry.ID = strawberry.field(description=PRODUCT_ID)
    file: Upload = strawberry.field(description="A still image as JPEG, PNG, WebP, GIF or AVIF.")
    alt_text: str | None = strawberry.field(
        default=None, description="What is to be seen, for those who do not see it."
    )
    version: int | None = strawberry.field(default=None, description=_VERSION)


@strawberry.input(description="A change of a picture's text or place.")
class UpdateProductImageInput:
    image_id: strawberry.ID = strawberry.field(description=IMAGE_ID)
    alt_text: str | None = strawberry.field(default=None, description="Null leaves it; empty removes it.")
    position: int | None = strawberry.field(default=None, description="Counted from 0; null leaves it.")
    version: int | None = strawberry.field(default=None, description=_VERSION)


@strawberry.input(description="A picture that is to go.")
class RemoveProductImageInput:
    image_id: strawberry.ID = strawberry.field(description=IMAGE_ID)
    version: int | None = strawberry.field(default=None, description=_VERSION)


@strawberry.type(description="The product after a change of its pictures.")
class ProductImagePayload:
    product: Product = strawberry.field(description="As it is now.")
    image: Image | None = strawberry.field(description="Null when it was removed.")


AddProductImageResult = Annotated[
    ProductImagePayload | NotFound | StaleVersion | TryAgain | InvalidInput,
    strawberry.union("AddProductImageResult"),
]
ChangeProductImageResult = Annotated[
    ProductImagePayload | NotFound | StaleVersion | TryAgain | InvalidInput,
    strawberry.union("ChangeProductImageResult"),
]


@strawberry.type
class ImageMutation:
    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Add an image, as the product's last; one that the product has already is not added again.",
    )
    async def add_product_image(self, info: Info, input: AddProductImageInput) -> AddProductImageResult:
        product_id = input_id(input.product_id, "Product", "productId")
        wish = NewImage(product_id, input.file, input.alt_text, input.version)
        return await _payload(info, product_id, await add_product_image(info.context.infra, wish))

    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Change an image's text or its place among the product's images.",
    )
    async def update_product_image(self, info: Info, input: UpdateProductImageInput) -> ChangeProductImageResult:
        image_id = input_id(input.image_id, "Image", "imageId")
        change = ImageChange(image_id, input.alt_text, input.position, input.version)
        return await _payload(info, await update_product_image(info.context.infra, change), image_id)

    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Take an image off its product; an uploaded file is deleted a day later.",
    )
    async def remove_product_image(self, info: Info, input: RemoveProductImageInput) -> ChangeProductImageResult:
        image_id = input_id(input.image_id, "Image", "imageId")
        product_id = await remove_product_image(info.context.infra, image_id, input.version)
        return await _payload(info, product_id, image_id)


async def _payload(info: Info, product_id: UUID, image_id: UUID) -> ProductImagePayload:
    """The product as it is after the change; one request can have several."""
    loaders = info.context.loaders
    loaders.forget_products()
    document = await loaders.product_by_id.load(product_id)
    if document is None:
        raise ProductGone("There is no such product.")
    return ProductImagePayload(product=Product.of(document), image=Image.pick(document.images, image_id))
