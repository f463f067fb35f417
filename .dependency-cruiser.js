// The house: arrows go down only. One list, from which the rules are made.
const ground = ['http', 'delivery', 'access', 'programmes', 'registry', 'ledger', 'trust', 'jobs', 'net', 'storage', 'config', 'core'];
const wings = ['dci', 'odk', 'api-v2', 'audit', 'rpc', 'connectors', 'webhooks', 'console'];
const inFolder = (names) => `^src/(${names.join('|')})/`;

const upward = ground.map((folder, i) => ({
  name: `${folder}-looks-up`,
  comment: `${folder}/ may import only what lies below it in the house.`,
  severity: 'error',
  from: { path: inFolder([folder]) },
  to: { path: '^src/', pathNot: inFolder(ground.slice(i)) },
}));

const wingRules = wings.map((wing) => ({
  name: `${wing}-leaves-its-wing`,
  comment: 'A wing imports ground, never another wing and never the roof.',
  severity: 'error',
  from: { path: inFolder([wing]) },
  to: { path: '^src/', pathNot: inFolder([wing, ...ground]) },
}));

export default {
  forbidden: [
    ...upward,
    ...wingRules,
    { name: 'no-cycle', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    { name: 'not-resolvable', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true, path: '^\\.' } },
    {
      name: 'knex-only-in-stores',
      comment: 'SQL stays in *.store.ts and storage/.',
      severity: 'error',
      from: { path: '^src/', pathNot: '(\\.store\\.ts$|^src/storage/)' },
      to: { path: 'node_modules/knex/' },
    },
    {
      name: 'koa-only-in-routes',
      comment: 'HTTP stays in *.routes.ts and http/.',
      severity: 'error',
      from: { path: '^src/', pathNot: '(\\.routes\\.ts$|^src/http/)' },
      to: { path: 'node_modules/(koa|@koa)/' },
    },
    {
      name: 'routes-know-no-stores',
      comment: 'A route asks a verb; SQL and HTTP never meet.',
      severity: 'error',
      from: { path: '\\.routes\\.ts$' },
      to: { path: '\\.store\\.ts$' },
    },
    {
      name: 'ground-shows-its-index',
      comment: 'Outsiders import a ground folder’s index.ts (or its ports.ts, model and question types).',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: {
        path: `^src/(${ground.filter((folder) => folder !== 'core').join('|')})/`,
        pathNot: ['^src/$1/', '/(index|ports)\\.ts$', '^src/registry/(model|attributes|query/ast)\\.ts$', '^src/registry/resource/index\\.ts$'],
      },
    },
  ],
};
