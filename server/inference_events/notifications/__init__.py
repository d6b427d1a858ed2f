"""From "a judgement was made" to "the receiver has the message": webhooks, mail and PagerDuty.

The way of a message: `composing` makes rows of the outbox from a judgement, `delivery` claims them, `sender` chooses
the channel, `channels` write the message, `http_client` and `smtp` carry it.
"""
