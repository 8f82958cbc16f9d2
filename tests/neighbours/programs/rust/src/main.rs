//! The same purchase twice: by cynic, then by graphql_client, which gets the same order.
use cynic::MutationBuilder;
use graphql_client::GraphQLQuery;

#[cynic::schema("shop")]
mod schema {}

mod by_cynic {
    use super::schema;

    #[derive(cynic::QueryVariables)]
    pub struct Variables {
        pub input: PlaceFlashOrderInput,
    }

    #[derive(cynic::InputObject)]
    pub struct PlaceFlashOrderInput {
        pub item_id: cynic::Id,
        pub quantity: i32,
        pub idempotency_key: String,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "Variables")]
    pub struct Buy {
        #[arguments(input: $input)]
        pub place_flash_order: PlaceFlashOrderResult,
    }

    #[derive(cynic::InlineFragments)]
    pub enum PlaceFlashOrderResult {
        Order(Order),
        #[cynic(fallback)]
        Other,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Order {
        pub id: cynic::Id,
    }
}

type Decimal = String;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "schema.graphql",
    query_path = "buy.graphql",
    fragments_other_variant = true
)]
struct Buy;

fn send<T: serde::de::DeserializeOwned>(url: &str, token: &str, body: impl serde::Serialize) -> T {
    let sent = ureq::post(url)
        .header("authorization", &format!("Bearer {token}"))
        .send_json(body);
    sent.unwrap().body_mut().read_json().unwrap()
}

fn main() {
    let [url, token, item] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let input = by_cynic::PlaceFlashOrderInput {
        item_id: cynic::Id::new(&item),
        quantity: 1,
        idempotency_key: "rust".into(),
    };
    let operation = by_cynic::Buy::build(by_cynic::Variables { input });
    let first: cynic::GraphQlResponse<by_cynic::Buy> = send(&url, &token, operation);
    let by_cynic::PlaceFlashOrderResult::Order(order) = first.data.unwrap().place_flash_order
    else {
        panic!("refused")
    };

    let body = Buy::build_query(buy::Variables {
        item_id: item,
        key: "rust".into(),
    });
    let again: graphql_client::Response<buy::ResponseData> = send(&url, &token, body);
    let buy::BuyPlaceFlashOrder::Order(same) = again.data.unwrap().place_flash_order else {
        panic!("refused")
    };
    println!(
        "{}",
        if same.id == order.id.inner() {
            "the same order"
        } else {
            "two orders"
        }
    );
}
