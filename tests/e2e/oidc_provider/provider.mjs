// A certified OpenID Connect provider (https://openid.net/certification) on a free port of this machine.
//
//   node provider.mjs CLIENT_ID CLIENT_SECRET REDIRECT_URI...
//
// The first line it prints is its issuer. It ends with its standard input. Who signs in as `ada` has the claims that
// were put at /test/accounts/ada, as JSON.
import http from 'node:http';
import Provider from 'oidc-provider';

const [clientId, clientSecret, ...redirectUris] = process.argv.slice(2);
const accounts = new Map();

const server = http.createServer((request, response) => handle(request, response));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: redirectUris }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'locale'] },
  cookies: { keys: ['only', 'tests'] },
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 600, IdToken: 600 },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, ...accounts.get(id) }),
  }),
});
const serve = provider.callback();

function handle(request, response) {
  const account = request.url.match(/^\/test\/accounts\/([\w-]+)$/);
  if (!account) return serve(request, response);
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    accounts.set(account[1], JSON.parse(body));
    response.writeHead(204).end();
  });
}

process.stdin.on('end', () => process.exit(0)).resume();
console.log(issuer);
