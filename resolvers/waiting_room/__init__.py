"""The waiting room: tickets, places in the line, passes."""
