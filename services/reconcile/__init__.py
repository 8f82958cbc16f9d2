"""Stock adds up: the database and Redis are held against each other, and put right."""
