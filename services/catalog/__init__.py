"""The catalog: products, variants, images, categories."""
