"""Members as admins see them, and the measures taken about them."""
