"""The kinds of jobs that there are."""

PUBLISH_FILE = "publish_file"
UPDATE_FILE = "update_file"
DELETE_EVENTS = "delete_events"
DELETE_MODEL = "delete_model"
DELETE_PROJECT = "delete_project"

# Nothing is written to what is gone, so a deletion of it needs no place among the writes.
NO_POSITION = 0
