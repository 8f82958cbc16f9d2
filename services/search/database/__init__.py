"""Search and listings by the index in the database, alike on MySQL, MariaDB and SQLite."""
