/** Publish a CSV or Parquet file: its first rows are checked and shown, then it is uploaded, and a job publishes it. */

import { useState } from "preact/hooks";
import { api, body } from "../api/client";
import { useAction } from "../ui/action";
import { Dialog } from "../ui/dialog";
import { size } from "../ui/number";
import { Failure } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { go, link } from "../url/location";
import type { Model } from "../url/routes";
import { type FileHead, readHead } from "./file-head";

export function PublishFile({ model }: { model: Model }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="main" onClick={() => setOpen(true)}>
        Publish a file
      </button>
      {isOpen && <Form model={model} onClose={() => setOpen(false)} />}
    </>
  );
}

interface Chosen {
  file: File;
  head: FileHead;
}

function Form({ model, onClose }: { model: Model; onClose: () => void }) {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [dataset, setDataset] = useState("");
  const action = useAction();
  const choose = async (file: File | undefined) => setChosen(file ? { file, head: await readHead(file, model) } : null);
  const send = (event: Event) => {
    event.preventDefault();
    if (chosen) action.run(() => publish(model.id, chosen.file, dataset.trim()));
  };
  const isReady = chosen !== null && chosen.head.problems.length === 0;
  return (
    <Dialog title="Publish a file" onClose={onClose}>
      <form class="form" onSubmit={send}>
        <label class="drop" onDragOver={(event) => event.preventDefault()} onDrop={(event) => drop(event, choose)}>
          CSV or Parquet file: choose one, or drop it here
          <input
            type="file"
            accept=".csv,.parquet,.pq"
            autofocus
            onChange={(event) => choose(event.currentTarget.files?.[0])}
          />
        </label>
        <label>
          Dataset
          <input
            placeholder="none: production"
            maxLength={255}
            value={dataset}
            onInput={(event) => setDataset(event.currentTarget.value)}
          />
        </label>
        {chosen && <Head chosen={chosen} />}
        {action.error && <Failure error={action.error} />}
        <footer class="dialog-foot">
          {action.isRunning && (
            <span class="quiet" role="status">
              Uploading
            </span>
          )}
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="main" disabled={!isReady || action.isRunning}>
            Publish
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function drop(event: DragEvent, choose: (file: File | undefined) => void) {
  event.preventDefault();
  choose(event.dataTransfer?.files[0]);
}

async function publish(modelId: string, file: File, dataset: string): Promise<void> {
  const form = new FormData();
  form.append("file", file, file.name);
  const uploaded = await body(api.POST("/v3/files/upload", { body: { file }, bodySerializer: () => form }));
  const env = dataset
    ? { env_type: "PRE_PRODUCTION" as const, env_name: dataset }
    : { env_type: "PRODUCTION" as const };
  const request = { model_id: modelId, ...env, source: { type: "FILE" as const, file_id: uploaded.data.id } };
  const { data } = await body(api.POST("/v3/events", { body: request }));
  if ("job" in data) go(link(`/jobs/${data.job.id}`));
}

function Head({ chosen: { file, head } }: { chosen: Chosen }) {
  const { problems, notices, header, rows } = head;
  return (
    <>
      <p class="quiet">
        <Text value={file.name} />, {size(file.size)}
      </p>
      {problems.map((text) => (
        <p class="notice bad" role="alert" key={text}>
          <Text value={text} />
        </p>
      ))}
      {notices.map((text) => (
        <p class="notice" key={text}>
          <Text value={text} />
        </p>
      ))}
      {header.length > 0 && <FirstRows header={header} rows={rows} />}
    </>
  );
}

function FirstRows({ header, rows }: { header: string[]; rows: string[][] }) {
  return (
    <TableBox label="First rows of the file">
      <table>
        <thead>
          <tr>
            {header.map((name, n) => (
              <th scope="col" key={n}>
                <Text value={name} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, n) => (
            <tr key={n}>
              {header.map((name, place) => (
                <td key={`${name} ${place}`}>
                  <Text value={row[place] ?? ""} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
