"""The kinds of jobs."""

PUBLISH_FILE = "publish_file"
UPDATE_FILE = "update_file"
DELETE_EVENTS = "delete_events"
DELETE_MODEL = "delete_model"
DELETE_PROJECT = "delete_project"

# Deletions of models and projects need no order among writes, because nothing is written to a deleted model.
NO_EPOCH = 0
