// Monaco's workers lie beside this script and carry its version, so they are cached as long as it is.
const { search } = new URL(import.meta.url);
const NAMES = { json: 'json', graphql: 'graphql' };

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const name = NAMES[label] ?? 'editor';
    return new Worker(new URL(`./${name}.worker.js${search}`, import.meta.url), { name });
  },
};
