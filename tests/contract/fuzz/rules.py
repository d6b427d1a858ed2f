"""Rules of the contract that are in its descriptions, because a schema cannot express them.

A request that its schema allows may be refused by one of these, and by nothing else.
"""

import json
from typing import Any

from schemathesis import Response

from inference_events.events.ingest.timestamps import ACCEPTED
from tests.contract.fuzz.filters import has_filter

FILTER = "/query/filter"
# The known fields follow the first text, the model's format the second.
# What is wrong with a definition follows its place.
# What a model lacks for a metric follows the metric or the model, or stands before them.
STARTS = (
    "unknown field; known fields: ",
    "does not fit the model's event_ts_format ",
    "/definition: ",
    "/segment_definition: ",
    "unknown metric",
    "a model of the task ",
    "the model does not say which class is positive; ",
    "the model has ",
    "the output ",
    "the values of ",
    " needs a ",
    " needs any ",
    " takes no ",
    "the range has more than ",
    "the range must lie in the years ",
    " values are more than 50,000; ",
    " has no components; ",
    "the components are numbered from 0",
    " columns are sorted by drift, ",
    "is needed for the measure ",
    "is no metric of the measure ",
    "the rolling baseline: ",
    "The figures need too much memory; ",
    "is neither a metric of this model nor the id of one of its custom metrics; it has ",
    "only a drift metric takes one, and ",
    "must be one of ",
    "must not be above ",
    "must not be below ",
    "must not be further from 0 than ",
    "must be null with the threshold_type ",
    "must be raw_value with the threshold_type ",
    "is needed with the threshold_type ",
    "/feature_names/",
)
RULES = (
    # publish_events and update_events
    "is not an event id: send a non-empty string, an integer or an integral number",
    "is missing, and the model's event_id_col names it: every event needs one",
    "cannot be read as a time such as 2024-05-01T12:30:00Z",
    f"cannot be read as a time; accepted are {ACCEPTED}",
    "other content is stored for this id; use another id or dataset",
    "names a file that is neither CSV nor Parquet; its name must end in .csv, .parquet or .pq",
    "names a model without an event_id_col, which updates need to find events",
    "is nested more than 100 levels deep",
    # delete_events and read_events
    "start_time must be before end_time",
    "is not a cursor of this server; start without one",
    # read_events
    "is needed for this operator",
    "does not belong to this operator; remove it",
    "does not fit the type of the column",
    "must be a list of 1 to 1,000 values",
    "must be a list of two values",
    "must have the smaller value first",
    "must be a number",
    "must be a whole number of 64 bits",
    "must be true or false",
    "must be a text",
    # download_events
    "is not a column of the model",
    "leaves no column to write: all are vectors",
    # upload_file
    "The file name must end in one of .csv, .parquet, .pq, .tar.gz",
    # begin_multipart_upload, upload_part and complete_multipart_upload
    "is named twice",
    "leaves a gap in the numbers; they count from 1",
    "is not stored",
    "is stored with another id; send the one that its upload returned",
    # generate_model
    "names an upload that is not completed; complete it first",
    "The file has no row",
    "A column of the file has no name; give it one",
    "two columns have the same name",
    "it is damaged, cut off, or of another type",
    "it is UTF-16; save it as UTF-8",
    # create_model and update_model
    "is the name of an earlier column; names must differ",
    "is above max",
    "is not a column of the schema",
    "is not the same on every machine",
    "is there twice",
    "ends in a single %",
    "has no directive such as %Y",
    # create_baseline
    "is needed for this kind of baseline",
    "does not belong to this kind of baseline; remove it",
    "must be PRODUCTION for a ROLLING baseline",
    # upload_feature_impact and replace_feature_impact
    "is not an input of the model",
    # create_segment and create_custom_metric
    "must have 1 to 255 characters besides white space at its ends",
    # compute_metrics, compute_scores, compute_histograms, query_metrics
    "is no baseline of this model",
    "is needed, because the model has no dataset",
    "a custom metric takes none; remove it",
    "a rolling baseline needs a range of time",
    "the time zone is not known; use a name such as Europe/Berlin",
    "time_label or time_range is needed",
    "is the key of another query; give each its own",
    "is a model of another project",
    "only one of segment_id and segment can be given",
    "the range that it is compared with lies too early",
    # compute_series, compute_labels, compute_distribution
    "a baseline has its own events; remove environment_id and time_range",
    "only one of edges and bins can be given",
    "must increase from each edge to the next one",
    "is for numbers, and the column has categories; remove it",
    "is no custom metric of this model",
    "is no target of the model",
    # create_alert_rule, update_alert_rule and create_alert_config
    " needs at least one column",
    " takes no columns; remove them",
    " takes one column; make a rule for each",
    "is no segment of this model; create one, or remove it",
    "must be above 0",
    "is the name of several versions; create the rule with POST /v3/alert-rules and a model_id",
    "is the name of no baseline of this model; create one, or remove it",
    # evaluate_alert_rule and preview_alert_rule
    "lies in a bin that is not over yet; try again once it is",
    "must not be before 1970",
    "times the number of columns is more than 2,000",
    # create_webhook, update_webhook
    "must have 2 to 127 characters besides white space at its ends",
    "must be a URL such as https://HOST/PATH",
    "must have only printable ASCII characters and no spaces",
    "must have no user name, no password and no backslash",
    # create_notification_config and update_notification_config
    "is not one email address, such as me@example.com",
    "is no webhook; create it first, or remove it",
    # records of alerts
    "start_time must not be after end_time",
    # filter of every list
    "has more than 100 rules and conditions",
    "nests more than 20 deep",
    "has a rule whose operator cannot take its value or its field",
    # create_token
    "must lie in the future",
    "cannot limit a token with the scope admin",
    # All text outside of events
    "must not have the character U+0000",
    "must not have a field with the character U+0000 in its name",
    # Idempotency-Key
    "The idempotency key was used with another body; use a new key for another request",
)


def is_refused_by_rule(response: Response) -> bool:
    """Report whether each fault in the response is about one of the rules, or about text that is no filter."""
    faults: list[dict[str, Any]] = json.loads(response.content)["error"]["errors"]
    messages = [fault["message"] for fault in faults]
    is_no_filter = not has_filter(str(response.request.url))
    return all(_is_rule(message) or (is_no_filter and message.startswith(FILTER)) for message in messages)


def _is_rule(message: str) -> bool:
    return any(start in message for start in STARTS) or message.endswith(RULES)
