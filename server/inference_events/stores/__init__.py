"""Engines that store events. Each implements `events.store.EventStore`."""
