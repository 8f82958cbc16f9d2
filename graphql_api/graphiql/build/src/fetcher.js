import * as session from './session.js';

/** Sends an operation to `endpoint`, as the signed-in customer unless the headers editor says who asks. */
export function createFetcher(endpoint) {
  return async (operation, { headers = {} } = {}) => {
    const ownWord = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
    const token = ownWord ? null : session.current()?.token;
    let response = await post(endpoint, operation, headers, token);
    if (response.status === 401 && token) {
      // The token is out of date, so nothing was executed. Without it the answer says what needs signing in.
      session.forget();
      response = await post(endpoint, operation, headers, null);
    }
    const answer = await read(response);
    session.learnFrom(answer);
    return answer;
  };
}

function post(endpoint, operation, headers, token) {
  return fetch(endpoint, {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      accept: 'application/graphql-response+json, application/json',
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify(operation),
  });
}

async function read(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `HTTP ${response.status}: ${text.slice(0, 500) || response.statusText}` }] };
  }
}
