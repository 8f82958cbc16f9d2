/** Sends an operation; returns its answer, with the HTTP `status` and the server's time, `at`. */
export async function post(endpoint, operation, headers) {
  const response = await fetch(endpoint, {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      accept: 'application/graphql-response+json, application/json',
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(operation),
  });
  const at = Date.parse(response.headers.get('date')) || Date.now();
  return Object.defineProperties(await read(response), { at: { value: at }, status: { value: response.status } });
}

export async function read(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `HTTP ${response.status}: ${text.slice(0, 500) || response.statusText}` }] };
  }
}
