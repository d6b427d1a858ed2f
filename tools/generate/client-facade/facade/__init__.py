"""The client for people: it raises errors, repeats requests, reads page by page and waits for jobs.

`async_calls` and `async_client` are written by hand; `sync_calls` and `sync_client` are made of them.
"""
