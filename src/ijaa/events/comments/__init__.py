"""Comments: what people say about an event, in threads three levels deep."""
