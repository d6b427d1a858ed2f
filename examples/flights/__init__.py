"""A demonstration on real data: publish, label, partly delete, read back and count a year of flights,
compute drift and accuracy, and let an alert fire."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from rich.console import Console

from examples.flights.alert import check, fire, watch
from examples.flights.figures import compare, compute
from examples.flights.flights import WHOLE_MONTHS, day_bounds, load_flights
from examples.flights.plan import DELETED_DAY, Plan
from examples.flights.prediction import describe, predict, train
from examples.flights.publish import Publisher, fresh_project
from examples.flights.report import Work, show_outcome, show_serving
from examples.flights.server import ServerDidNotStart, serving
from examples.flights.verify import Reading
from inference_events_client import InferenceEvents, InferenceEventsError, TransportError


def run(data_dir: Path, days_per_month: int = WHOLE_MONTHS, console: Console | None = None) -> None:
    """Run the demonstration on the first `days_per_month` days of each month.

    It starts a server that keeps everything in `data_dir`, and stops it at the end. The project of an earlier run is
    deleted there first, through the API; all other content of the directory stays. Ends the process with status 1 if
    anything that is read back differs from the source.
    """
    console = console or Console()
    try:
        with Work(console) as work:
            plan = make_plan(days_per_month, work)
            with serving(data_dir) as client:
                reading = publish_and_read_back(client, plan, work)
    except TransportError as error:
        raise _failure(console, f"The server stopped responding ({error}); its log is in {data_dir}") from None
    except (InferenceEventsError, ServerDidNotStart) as error:
        raise _failure(console, str(error)) from None
    show_outcome(console, reading, work.phases)
    show_serving(console, data_dir, reading.model_id)
    if reading.differences:
        raise SystemExit(1)


def _failure(console: Console, message: str) -> SystemExit:
    console.print(message, style="bold red", markup=False)
    return SystemExit(1)


def make_plan(days_per_month: int, work: Work) -> Plan:
    """Load the flights of the first `days_per_month` days of each month, and predict their delays."""
    with work.phase("Load flights, train, predict") as advance:
        flights = load_flights(days_per_month)
        plan = Plan(predict(train(Plan(flights).training), flights))
        advance(len(flights))
    return plan


def publish_and_read_back(
    client: InferenceEvents,
    plan: Plan,
    work: Work,
    make_publisher: Callable[[InferenceEvents, UUID], Publisher] = Publisher,
) -> Reading:
    """Publish the plan to a new project of the server, and compare all that it returns with the source."""
    model = describe(fresh_project(client), plan.training)
    publisher = make_publisher(client, client.models.create(model).id)
    rule_id = watch(client, publisher.model_id)
    _publish(publisher, plan, work)
    reading = Reading(client, publisher.model_id, model.schema.columns)
    reading.compare_counts(publisher.counts, plan.counts())
    _read_back(reading, plan, work)
    with work.phase("Compute drift and accuracy by month", len(plan.remaining)) as advance:
        reading.figures = compute(client, publisher.model_id)
        reading.differences += compare(reading.figures, reading.months)
        advance(len(plan.remaining))
    reading.alerts = fire(client, rule_id)
    reading.differences += check(reading.alerts, plan.remaining)
    return reading


def _publish(publisher: Publisher, plan: Plan, work: Work) -> None:
    with work.phase("Publish January and February, a dataset", len(plan.training)) as advance:
        publisher.publish_dataset(plan.training)
        advance(len(plan.training))
    with work.phase("Stream March to June, label as they land", len(plan.streamed)) as advance:
        publisher.stream(plan.streamed, advance)
    with work.phase("Publish July to December, label, by file", sum(map(len, plan.files))) as advance:
        for month in plan.files:
            publisher.publish_file(month)
            publisher.label_file(month)
            advance(len(month))
    with work.phase("Delete a day and some flights", len(plan.deleted_day) + len(plan.deleted_flights)) as advance:
        publisher.delete_between(*day_bounds(DELETED_DAY))
        advance(len(plan.deleted_day))
        publisher.delete(plan.deleted_flights.ids())
        advance(len(plan.deleted_flights))


def _read_back(reading: Reading, plan: Plan, work: Work) -> None:
    with work.phase("Read back and compare", len(plan.training) + len(plan.remaining)) as advance:
        reading.compare_dataset(plan.training, advance)
        reading.compare_production(plan.remaining, advance)
        reading.expect_none_between(*day_bounds(DELETED_DAY))
        reading.expect_none_of(plan.deleted_flights.ids())
