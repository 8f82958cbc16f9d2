// Stands for two of Prettier's plugins at once: a parser named `jsonc` and a printer for what it gives.
import { applyEdits, format } from 'jsonc-parser';

function formatted(text) {
  return applyEdits(text, format(text, undefined, { tabSize: 2, insertSpaces: true, eol: '\n' }));
}

export const parsers = {
  jsonc: {
    astFormat: 'formatted-jsonc',
    parse: (text) => ({ text: formatted(text) }),
    locStart: () => 0,
    locEnd: (node) => node.text.length,
  },
};

export const printers = {
  'formatted-jsonc': { print: (path) => path.node.text },
};
