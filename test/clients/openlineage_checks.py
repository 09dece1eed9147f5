"""Emits a run with the OpenLineage client as its own settings say, and reads our events into its own classes."""

import json
import os
import sys
from datetime import datetime, timezone

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.generated import base


def emit() -> None:
    client = OpenLineageClient()
    for state in (RunState.START, RunState.COMPLETE):
        client.emit(
            RunEvent(
                eventType=state,
                eventTime=datetime.now(timezone.utc).isoformat(),
                run=Run(runId=os.environ["CHECK_RUN_ID"]),
                job=Job(namespace="etl", name="export"),
                inputs=[InputDataset(namespace="postgres://db", name="public.flowers")],
                outputs=[OutputDataset(namespace="s3://lake", name="iris.csv")],
                producer="https://example.com/etl",
            )
        )
    client.close()


def read(events: list[dict]) -> None:
    for event in events:
        fields = dict(event)
        schema = fields.pop("schemaURL")
        made = base.RunEvent(
            **{
                **fields,
                "eventType": base.EventType(fields["eventType"]),
                "run": base.Run(**fields["run"]),
                "job": base.Job(**fields["job"]),
                "inputs": [base.InputDataset(**one) for one in fields["inputs"]],
                "outputs": [base.OutputDataset(**one) for one in fields["outputs"]],
            }
        )
        assert made.schemaURL == schema, (made.schemaURL, schema)


if sys.argv[1] == "emit":
    emit()
else:
    read(json.load(sys.stdin))
print("DONE")
