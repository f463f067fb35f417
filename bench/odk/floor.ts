// The floor of the ODK import: node floor.ts URL. Walks the same pages, one after the other, and does nothing with them.

import { FORM, LOGIN, PROJECT } from './login.ts';

const [url = ''] = process.argv.slice(2);
const started = performance.now();
const login = await fetch(`${url}/v1/sessions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(LOGIN),
});
const { token } = (await login.json()) as { token: string };
let read = 0;
let next: string | undefined =
  `${url}/v1/projects/${PROJECT}/forms/${FORM}.svc/Submissions?%24top=250&%24expand=*&%24count=true`;
while (next) {
  const page = await fetch(next, { headers: { authorization: `Bearer ${token}` } });
  const body = (await page.json()) as { value: unknown[]; '@odata.nextLink'?: string };
  read += body.value.length;
  const link = body['@odata.nextLink'];
  next = link === undefined ? undefined : `${url}${new URL(link).pathname}${new URL(link).search}`;
}
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - started) / 1000, read })}\n`);
