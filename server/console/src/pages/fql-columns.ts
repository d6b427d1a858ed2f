/** Complete the name of a column in a definition. */

const PLAIN = /^[A-Za-z_][\w.]*$/;
const WORDS = new Set(["and", "or", "not", "true", "false", "null"]);

/** Return the part of a column's name before the caret, empty if there is none. */
export function offered(text: string, caret: number): string {
  return begun(text, caret).name;
}

/** Return the text with a name in place of the part at the caret, and where the caret is then. */
export function completed(text: string, caret: number, name: string): { text: string; caret: number } {
  const { from, isQuoted } = begun(text, caret);
  const rest = text.slice(caret).replace(isQuoted ? /^"/ : /^[\w.]+/, "");
  const written = PLAIN.test(name) && !WORDS.has(name.toLowerCase()) ? name : `"${name.replaceAll('"', '""')}"`;
  return { text: text.slice(0, from) + written + rest, caret: from + written.length };
}

interface Begun {
  from: number;
  name: string;
  isQuoted: boolean;
}

function begun(text: string, caret: number): Begun {
  const before = text.slice(0, caret);
  const open = openQuote(before);
  if (open !== null && before[open] === '"') {
    return { from: open, name: before.slice(open + 1).replaceAll('""', '"'), isQuoted: true };
  }
  const name = open === null ? (/[A-Za-z_][\w.]*$/.exec(before)?.[0] ?? "") : "";
  return { from: caret - name.length, name, isQuoted: false };
}

/** Return where the quote begins that is still open at the end of a text, null if none is. */
function openQuote(text: string): number | null {
  let open: number | null = null;
  for (let place = 0; place < text.length; place++) {
    const one = text[place];
    if (open === null) {
      if (one === "'" || one === '"') open = place;
    } else if (one === text[open]) {
      // A doubled quote is part of the text.
      if (text[place + 1] === one) place++;
      else open = null;
    }
  }
  return open;
}
