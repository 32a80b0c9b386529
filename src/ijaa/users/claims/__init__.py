"""Claims: members say which of the people that were brought in they are."""
