"""What every area of the schema uses: context, ids, money, errors, connections, permissions."""
