import { graphql } from 'relay-runtime';

export const Page = graphql`query page_Query($first: Int!) { products(first: $first) { edges { node { id title } } } }`;
