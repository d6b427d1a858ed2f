"""How each channel writes a message. A message holds the contents of one or more outbox rows about one bin."""
