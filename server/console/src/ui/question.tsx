/** A dialog that asks before something is done that cannot be undone. */

import type { ComponentChildren } from "preact";
import { useAction } from "./action";
import { Dialog } from "./dialog";
import { Form } from "./form";

interface Props {
  title: string;
  /** What the button says. */
  label: string;
  act: () => Promise<void>;
  onClose: () => void;
  children: ComponentChildren;
}

export function Question({ title, label, act, onClose, children }: Props) {
  const action = useAction();
  return (
    <Dialog title={title} onClose={onClose}>
      <Form action={action} submit={act} label={label} onCancel={onClose} isDangerous>
        {children}
      </Form>
    </Dialog>
  );
}
