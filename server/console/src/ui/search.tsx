/** A field that searches while one types. Its text is part of the page's address. */

import { useEffect, useRef, useState } from "preact/hooks";
import { change, place } from "../url/location";

const WAIT_MS = 200;

interface Props {
  label: string;
}

export function Search({ label }: Props) {
  const linked = place.value.query.get("search") ?? "";
  const [text, setText] = useState(linked);
  const sent = useRef(linked);
  useEffect(() => {
    // The address changed by something else, such as the browser's way back.
    if (linked !== sent.current) setText(linked);
    sent.current = linked;
  }, [linked]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      change({ search: text || null, offset: null });
    }, WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      class="search"
      placeholder={label}
      aria-label={label}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  );
}
