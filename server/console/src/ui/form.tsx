/** Forms: what the server says about a field stands at the field, and the rest above the buttons. */

import { type ComponentChildren, createContext } from "preact";
import { useContext, useId, useLayoutEffect, useRef } from "preact/hooks";
import type { Fault, RequestFailed } from "../api/client";
import type { Action } from "./action";
import { Failure } from "./states";

interface Shared {
  faults: Fault[];
  /** The pointers of the fields that are there. */
  known: Set<string>;
}

const Faults = createContext<Shared>({ faults: [], known: new Set() });

interface FormProps {
  action: Action;
  submit: () => Promise<void>;
  label: string;
  onCancel: () => void;
  isReady?: boolean;
  isDangerous?: boolean;
  /** The field that a conflict is about. */
  conflictAt?: string;
  /** Why a preview of the same form was refused. */
  preview?: RequestFailed | null;
  children: ComponentChildren;
}

export function Form(props: FormProps) {
  const { action, submit, label, onCancel, isReady = true, isDangerous = false, children } = props;
  const known = useRef(new Set<string>());
  const error = action.error ?? props.preview ?? null;
  const faults = error ? located(error, props.conflictAt) : [];
  const send = (event: Event) => {
    event.preventDefault();
    action.run(submit);
  };
  const isElsewhere = faults.length === 0 || faults.some((one) => !belongs(one, known.current));
  return (
    <Faults.Provider value={{ faults, known: known.current }}>
      <form class="form" onSubmit={send}>
        {children}
        {action.error && isElsewhere && <Failure error={action.error} />}
        <footer class="dialog-foot">
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
          <button type="submit" class={isDangerous ? "danger" : "main"} disabled={!isReady || action.isRunning}>
            {label}
          </button>
        </footer>
      </form>
    </Faults.Provider>
  );
}

/** What an input of a field gets, so that a screen reader names its fault. */
export interface FieldInput {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

interface FieldProps {
  label: string;
  /** The place of the field in the request, such as `/name`. */
  at: string;
  hint?: ComponentChildren;
  children: (input: FieldInput) => ComponentChildren;
}

/** Show a field with its label, a hint, and what the server found wrong with it. */
export function Field({ label, at, hint, children }: FieldProps) {
  const id = useId();
  const found = useFaults(at);
  const described = [hint ? `${id}-hint` : "", found.length ? `${id}-fault` : ""].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-invalid": found.length > 0, "aria-describedby": described || undefined })}
      {hint && (
        <p class="quiet" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <FieldFault id={`${id}-fault`} messages={found} />
    </div>
  );
}

/** Show a group of choices with its name and what the server found wrong with it. */
export function Group({ label, at, children }: { label: string; at: string; children: ComponentChildren }) {
  const id = useId();
  const found = useFaults(at);
  return (
    <fieldset class="field" aria-describedby={found.length ? id : undefined}>
      <legend>{label}</legend>
      {children}
      <FieldFault id={id} messages={found} />
    </fieldset>
  );
}

function FieldFault({ id, messages }: { id: string; messages: string[] }) {
  if (messages.length === 0) return null;
  return (
    <p class="fault" id={id} role="alert">
      {messages.join("; ")}
    </p>
  );
}

function useFaults(at: string): string[] {
  const { faults, known } = useContext(Faults);
  useLayoutEffect(() => {
    known.add(at);
    return () => {
      known.delete(at);
    };
  }, [at, known]);
  return faults.filter((one) => isAt(one, at)).map((one) => one.message);
}

function isAt(fault: Fault, at: string): boolean {
  return fault.pointer === at || fault.pointer.startsWith(`${at}/`);
}

function belongs(fault: Fault, known: Set<string>): boolean {
  return [...known].some((at) => isAt(fault, at));
}

/** Return the faults of an error; those of a rule in a preview have the places of the rule. */
function located(error: RequestFailed, conflictAt: string | undefined): Fault[] {
  if (error.status === 409 && conflictAt) return [{ pointer: conflictAt, message: error.message }];
  return error.faults.map((one) => ({ ...one, pointer: one.pointer.replace(/^\/rule(?=\/)/, "") }));
}
