"""Operations made up from the schema, thousands of them, against a shop that has something to lose."""
