"""Price lists: what variants cost customers of some groups, from some day until some other."""
