"""What both modules stand on. No business noun may appear here."""
