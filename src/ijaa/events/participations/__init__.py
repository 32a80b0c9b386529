"""Who comes to an event: answers, the waitlist, approval."""
