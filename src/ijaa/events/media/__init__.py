"""Media of events: images, videos and documents of those who were there."""
