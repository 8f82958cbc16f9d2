from typing import Any, Optional, Union

from .add_address import AddAddress
from .add_to_cart import AddToCart
from .ask_to_confirm import AskToConfirm
from .base import Base
from .base_model import UNSET, UnsetType
from .buy import Buy
from .cancel import Cancel
from .cart_now import CartNow
from .check_out import CheckOut
from .confirm_email import ConfirmEmail
from .input_types import (
    AddAddressInput,
    AddCartItemInput,
    CancelOrderInput,
    CheckoutInput,
    CreatePaymentInput,
    LoginInput,
    LogoutInput,
    PayOrderByLinkInput,
    PlaceFlashOrderInput,
    ProductFilter,
    RegisterInput,
    StartGuestSessionInput,
    VerifyEmailInput,
)
from .me import Me
from .my_orders import MyOrders
from .order_by_link import OrderByLink
from .order_of import OrderOf
from .pay import Pay
from .pay_by_link import PayByLink
from .product_of import ProductOf
from .products import Products
from .running_sales import RunningSales
from .sign_in import SignIn
from .sign_out import SignOut
from .sign_up import SignUp
from .start_guest import StartGuest


def gql(q: str) -> str:
    return q


class Operations(Base):
    async def sign_up(self, input: RegisterInput, **kwargs: Any) -> SignUp:
        query = gql("""
            mutation SignUp($input: RegisterInput!) {
              session: register(input: $input) {
                __typename
                ... on Session {
                  ...Tokens
                }
                ... on InvalidInput {
                  fields {
                    path
                    message
                  }
                }
                ... on Error {
                  code
                  message
                }
              }
            }

            fragment Tokens on Session {
              accessToken
              accessTokenExpiresAt
              refreshToken
              user {
                id
                email
                displayName
                roles
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="SignUp", variables=variables, **kwargs)
        data = self.get_data(response)
        return SignUp.model_validate(data)

    async def sign_in(self, input: LoginInput, **kwargs: Any) -> SignIn:
        query = gql("""
            mutation SignIn($input: LoginInput!) {
              login(input: $input) {
                __typename
                ... on Session {
                  ...Tokens
                }
                ... on Error {
                  code
                  message
                }
              }
            }

            fragment Tokens on Session {
              accessToken
              accessTokenExpiresAt
              refreshToken
              user {
                id
                email
                displayName
                roles
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="SignIn", variables=variables, **kwargs)
        data = self.get_data(response)
        return SignIn.model_validate(data)

    async def start_guest(self, input: StartGuestSessionInput, **kwargs: Any) -> StartGuest:
        query = gql("""
            mutation StartGuest($input: StartGuestSessionInput!) {
              guest: startGuestSession(input: $input) {
                __typename
                ... on Session {
                  ...Tokens
                }
                ... on InvalidInput {
                  fields {
                    path
                    message
                  }
                }
                ... on Error {
                  code
                  message
                }
              }
            }

            fragment Tokens on Session {
              accessToken
              accessTokenExpiresAt
              refreshToken
              user {
                id
                email
                displayName
                roles
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="StartGuest", variables=variables, **kwargs)
        data = self.get_data(response)
        return StartGuest.model_validate(data)

    async def sign_out(self, input: LogoutInput, **kwargs: Any) -> SignOut:
        query = gql("""
            mutation SignOut($input: LogoutInput!) {
              logout(input: $input) {
                __typename
                ... on Error {
                  code
                  message
                }
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="SignOut", variables=variables, **kwargs)
        data = self.get_data(response)
        return SignOut.model_validate(data)

    async def ask_to_confirm(self, **kwargs: Any) -> AskToConfirm:
        query = gql("""
            mutation AskToConfirm {
              asked: requestEmailVerification {
                __typename
                ... on RequestEmailVerificationSuccess {
                  email
                }
                ... on TryAgain {
                  retryAfterMs
                }
                ... on InvalidInput {
                  fields {
                    path
                    message
                  }
                }
                ... on Error {
                  code
                  message
                }
              }
            }
            """)
        variables: dict[str, object] = {}
        response = await self.execute(query=query, operation_name="AskToConfirm", variables=variables, **kwargs)
        data = self.get_data(response)
        return AskToConfirm.model_validate(data)

    async def confirm_email(self, input: VerifyEmailInput, **kwargs: Any) -> ConfirmEmail:
        query = gql("""
            mutation ConfirmEmail($input: VerifyEmailInput!) {
              confirmed: verifyEmail(input: $input) {
                __typename
                ... on VerifyEmailSuccess {
                  email
                }
                ... on TryAgain {
                  retryAfterMs
                }
                ... on Error {
                  code
                  message
                }
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="ConfirmEmail", variables=variables, **kwargs)
        data = self.get_data(response)
        return ConfirmEmail.model_validate(data)

    async def add_address(self, input: AddAddressInput, **kwargs: Any) -> AddAddress:
        query = gql("""
            mutation AddAddress($input: AddAddressInput!) {
              address: addAddress(input: $input) {
                __typename
                ... on Address {
                  id
                }
                ... on InvalidInput {
                  fields {
                    path
                    message
                  }
                }
                ... on Error {
                  code
                  message
                }
              }
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="AddAddress", variables=variables, **kwargs)
        data = self.get_data(response)
        return AddAddress.model_validate(data)

    async def order_by_link(self, token: str, **kwargs: Any) -> OrderByLink:
        query = gql("""
            query OrderByLink($token: String!) {
              order: orderByLink(token: $token) {
                ...OrderParts
              }
            }

            fragment OrderParts on Order {
              id
              number
              status
              placedAt
              expiresAt
              total {
                ...Price
              }
              lines {
                id
                sku
                title
                quantity
                unitPrice {
                  ...Price
                }
                lineTotal {
                  ...Price
                }
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }
            """)
        variables: dict[str, object] = {"token": token}
        response = await self.execute(query=query, operation_name="OrderByLink", variables=variables, **kwargs)
        data = self.get_data(response)
        return OrderByLink.model_validate(data)

    async def pay_by_link(self, input: PayOrderByLinkInput, **kwargs: Any) -> PayByLink:
        query = gql("""
            mutation PayByLink($input: PayOrderByLinkInput!) {
              payment: payOrderByLink(input: $input) {
                __typename
                ... on Payment {
                  id
                  provider
                  status
                  redirectUrl
                  amount {
                    ...Price
                  }
                }
                ... on TryAgain {
                  retryAfterMs
                }
                ... on InvalidInput {
                  fields {
                    path
                    message
                  }
                }
                ... on Error {
                  code
                  message
                }
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="PayByLink", variables=variables, **kwargs)
        data = self.get_data(response)
        return PayByLink.model_validate(data)

    async def me(self, **kwargs: Any) -> Me:
        query = gql("""
            query Me {
              me {
                id
                email
                displayName
                roles
              }
            }
            """)
        variables: dict[str, object] = {}
        response = await self.execute(query=query, operation_name="Me", variables=variables, **kwargs)
        data = self.get_data(response)
        return Me.model_validate(data)

    async def products(
        self,
        filter_: Union[Optional[ProductFilter], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> Products:
        query = gql("""
            query Products($filter: ProductFilter, $first: Int, $after: String) {
              products(filter: $filter, first: $first, after: $after) {
                edges {
                  node {
                    ...ProductParts
                  }
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }

            fragment ProductParts on Product {
              id
              slug
              title
              description
              images {
                url
                altText
              }
              variants {
                id
                sku
                title
                price {
                  ...Price
                }
                stock {
                  available
                }
                flashSaleItems {
                  id
                  remaining
                  perCustomerLimit
                  price {
                    ...Price
                  }
                  sale {
                    id
                    name
                    status
                    startsAt
                    endsAt
                  }
                }
              }
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "first": first,
            "after": after,
        }
        response = await self.execute(query=query, operation_name="Products", variables=variables, **kwargs)
        data = self.get_data(response)
        return Products.model_validate(data)

    async def product_of(
        self,
        id: Union[Optional[str], UnsetType] = UNSET,
        slug: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> ProductOf:
        query = gql("""
            query ProductOf($id: ID, $slug: String) {
              product(id: $id, slug: $slug) {
                ...ProductParts
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }

            fragment ProductParts on Product {
              id
              slug
              title
              description
              images {
                url
                altText
              }
              variants {
                id
                sku
                title
                price {
                  ...Price
                }
                stock {
                  available
                }
                flashSaleItems {
                  id
                  remaining
                  perCustomerLimit
                  price {
                    ...Price
                  }
                  sale {
                    id
                    name
                    status
                    startsAt
                    endsAt
                  }
                }
              }
            }
            """)
        variables: dict[str, object] = {"id": id, "slug": slug}
        response = await self.execute(query=query, operation_name="ProductOf", variables=variables, **kwargs)
        data = self.get_data(response)
        return ProductOf.model_validate(data)

    async def running_sales(self, **kwargs: Any) -> RunningSales:
        query = gql("""
            query RunningSales {
              flashSales(status: [RUNNING]) {
                edges {
                  node {
                    id
                    name
                    startsAt
                    endsAt
                    items {
                      id
                      remaining
                      perCustomerLimit
                      price {
                        ...Price
                      }
                      variant {
                        id
                        sku
                        title
                        price {
                          ...Price
                        }
                        product {
                          id
                          slug
                          title
                        }
                      }
                    }
                  }
                }
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }
            """)
        variables: dict[str, object] = {}
        response = await self.execute(query=query, operation_name="RunningSales", variables=variables, **kwargs)
        data = self.get_data(response)
        return RunningSales.model_validate(data)

    async def buy(self, input: PlaceFlashOrderInput, **kwargs: Any) -> Buy:
        query = gql("""
            mutation Buy($input: PlaceFlashOrderInput!) {
              placeFlashOrder(input: $input) {
                __typename
                ... on Order {
                  ...OrderParts
                }
                ... on OutOfStock {
                  sku
                  available
                }
                ... on PurchaseLimitReached {
                  limit
                  alreadyOrdered
                }
                ... on FlashSaleNotRunning {
                  startsAt
                  endsAt
                }
                ... on TryAgain {
                  retryAfterMs
                }
                ... on InvalidInput {
                  fields {
                    path
                    message
                  }
                }
                ... on Error {
                  code
                  message
                }
              }
            }

            fragment OrderParts on Order {
              id
              number
              status
              placedAt
              expiresAt
              total {
                ...Price
              }
              lines {
                id
                sku
                title
                quantity
                unitPrice {
                  ...Price
                }
                lineTotal {
                  ...Price
                }
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="Buy", variables=variables, **kwargs)
        data = self.get_data(response)
        return Buy.model_validate(data)

    async def add_to_cart(self, input: AddCartItemInput, **kwargs: Any) -> AddToCart:
        query = gql("""
            mutation AddToCart($input: AddCartItemInput!) {
              addCartItem(input: $input) {
                __typename
                ... on CartPayload {
                  cart {
                    ...CartParts
                  }
                }
                ... on OutOfStock {
                  sku
                  available
                }
                ... on TryAgain {
                  retryAfterMs
                }
                ... on InvalidInput {
                  fields {
                    path
                    message
                  }
                }
                ... on Error {
                  code
                  message
                }
              }
            }

            fragment CartParts on Cart {
              id
              currencyCode
              totalQuantity
              subtotal {
                ...Price
              }
              items {
                id
                quantity
                available
                unitPrice {
                  ...Price
                }
                lineTotal {
                  ...Price
                }
                variant {
                  id
                  sku
                  title
                }
              }
              unavailableItems {
                id
                sku
                title
                quantity
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="AddToCart", variables=variables, **kwargs)
        data = self.get_data(response)
        return AddToCart.model_validate(data)

    async def cart_now(self, **kwargs: Any) -> CartNow:
        query = gql("""
            query CartNow {
              cart {
                ...CartParts
              }
            }

            fragment CartParts on Cart {
              id
              currencyCode
              totalQuantity
              subtotal {
                ...Price
              }
              items {
                id
                quantity
                available
                unitPrice {
                  ...Price
                }
                lineTotal {
                  ...Price
                }
                variant {
                  id
                  sku
                  title
                }
              }
              unavailableItems {
                id
                sku
                title
                quantity
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }
            """)
        variables: dict[str, object] = {}
        response = await self.execute(query=query, operation_name="CartNow", variables=variables, **kwargs)
        data = self.get_data(response)
        return CartNow.model_validate(data)

    async def check_out(self, input: CheckoutInput, **kwargs: Any) -> CheckOut:
        query = gql("""
            mutation CheckOut($input: CheckoutInput!) {
              checkout(input: $input) {
                __typename
                ... on Order {
                  ...OrderParts
                }
                ... on OutOfStock {
                  sku
                  available
                }
                ... on TryAgain {
                  retryAfterMs
                }
                ... on InvalidInput {
                  fields {
                    path
                    message
                  }
                }
                ... on Error {
                  code
                  message
                }
              }
            }

            fragment OrderParts on Order {
              id
              number
              status
              placedAt
              expiresAt
              total {
                ...Price
              }
              lines {
                id
                sku
                title
                quantity
                unitPrice {
                  ...Price
                }
                lineTotal {
                  ...Price
                }
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="CheckOut", variables=variables, **kwargs)
        data = self.get_data(response)
        return CheckOut.model_validate(data)

    async def pay(self, input: CreatePaymentInput, **kwargs: Any) -> Pay:
        query = gql("""
            mutation Pay($input: CreatePaymentInput!) {
              createPayment(input: $input) {
                __typename
                ... on Payment {
                  id
                  provider
                  status
                  redirectUrl
                  amount {
                    ...Price
                  }
                }
                ... on TryAgain {
                  retryAfterMs
                }
                ... on InvalidInput {
                  fields {
                    path
                    message
                  }
                }
                ... on Error {
                  code
                  message
                }
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="Pay", variables=variables, **kwargs)
        data = self.get_data(response)
        return Pay.model_validate(data)

    async def cancel(self, input: CancelOrderInput, **kwargs: Any) -> Cancel:
        query = gql("""
            mutation Cancel($input: CancelOrderInput!) {
              cancelOrder(input: $input) {
                __typename
                ... on Order {
                  ...OrderParts
                }
                ... on InvalidTransition {
                  from
                  to
                }
                ... on TryAgain {
                  retryAfterMs
                }
                ... on InvalidInput {
                  fields {
                    path
                    message
                  }
                }
                ... on Error {
                  code
                  message
                }
              }
            }

            fragment OrderParts on Order {
              id
              number
              status
              placedAt
              expiresAt
              total {
                ...Price
              }
              lines {
                id
                sku
                title
                quantity
                unitPrice {
                  ...Price
                }
                lineTotal {
                  ...Price
                }
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }
            """)
        variables: dict[str, object] = {"input": input}
        response = await self.execute(query=query, operation_name="Cancel", variables=variables, **kwargs)
        data = self.get_data(response)
        return Cancel.model_validate(data)

    async def order_of(self, id: str, **kwargs: Any) -> OrderOf:
        query = gql("""
            query OrderOf($id: ID!) {
              order(id: $id) {
                ...OrderParts
              }
            }

            fragment OrderParts on Order {
              id
              number
              status
              placedAt
              expiresAt
              total {
                ...Price
              }
              lines {
                id
                sku
                title
                quantity
                unitPrice {
                  ...Price
                }
                lineTotal {
                  ...Price
                }
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(query=query, operation_name="OrderOf", variables=variables, **kwargs)
        data = self.get_data(response)
        return OrderOf.model_validate(data)

    async def my_orders(
        self,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> MyOrders:
        query = gql("""
            query MyOrders($first: Int, $after: String) {
              me {
                orders(first: $first, after: $after) {
                  edges {
                    node {
                      ...OrderParts
                    }
                  }
                  pageInfo {
                    hasNextPage
                    endCursor
                  }
                }
              }
            }

            fragment OrderParts on Order {
              id
              number
              status
              placedAt
              expiresAt
              total {
                ...Price
              }
              lines {
                id
                sku
                title
                quantity
                unitPrice {
                  ...Price
                }
                lineTotal {
                  ...Price
                }
              }
            }

            fragment Price on Money {
              amount
              currencyCode
            }
            """)
        variables: dict[str, object] = {"first": first, "after": after}
        response = await self.execute(query=query, operation_name="MyOrders", variables=variables, **kwargs)
        data = self.get_data(response)
        return MyOrders.model_validate(data)
