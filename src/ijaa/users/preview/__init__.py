"""The preview: a member's own page as others see it."""
