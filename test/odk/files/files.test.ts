import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepFiles } from '../../../src/odk/files/attach.ts';
import { countFiles, readFiles } from '../../../src/odk/files/files.store.ts';
import { queueFiles } from '../../../src/odk/files/queue.ts';
import { sniff } from '../../../src/odk/files/sniff.ts';
import { filesStage } from '../../../src/odk/files/stage.ts';
import { toReadings } from '../../../src/odk/stage.ts';
import { readDeadLetters, writeReadings } from '../../../src/odk/submissions.store.ts';
import { toDraft } from '../../../src/registry/index.ts';
import { describeStore } from '../../support/stores.ts';
import { changed } from '../mapping/support.ts';
import { type Polling, type PollingOptions, startPolling } from '../poll-context.ts';

const png = (text: string): Buffer => Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.from(text)]);
const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let cards = 0;
/** One household with one member; `photo` and `doc_photo` name files. */
const household = (photo: string, document = '') => {
  cards += 1;
  return {
    consent: 'yes',
    'hh-name': `Household ${cards}`,
    card_no: `F-${process.pid}-${cards}`,
    photo,
    members: {
      member: [
        {
          name: { given_name: 'Ama', family_name: 'B' },
          relation: 'head',
          dob: '1990-01-01',
          document: document ? [{ doc_type: 'nid', doc_number: `N${process.pid}-${cards}`, doc_photo: document }] : [],
        },
      ],
    },
  };
};

describeStore('files of submissions', ({ database }) => {
  let polling: Polling | undefined;
  const start = async (options: Partial<PollingOptions> = {}): Promise<Polling> => {
    polling = await startPolling({ db: database(), ...options });
    return polling;
  };
  afterEach(async () => {
    await polling?.close();
    polling = undefined;
  });
  const place = (of: Polling) => of.context().place;
  const counts = (of: Polling) => database().read((reader) => countFiles(reader, place(of)));
  const files = (of: Polling, id: string) => database().read((reader) => readFiles(reader, place(of), [id]));
  const letters = (of: Polling) => database().read((reader) => readDeadLetters(reader, place(of), 10));
  const registrant = async (of: Polling, id: string) =>
    (await of.registry.load([of.subjectOf(id)])).get(of.subjectOf(id));
  const asked = (of: Polling, part: string): number =>
    of.central.requests.filter(({ url }) => url.includes(part)).length;

  it('come byte for byte, a photo to its registrant and a document to the member', async () => {
    const own = await start({
      mapping: changed([
        "photo: { attachment: 'document[doc_photo][0].doc_photo' }",
        'documents: [{ each: document, attachment: doc_photo }]',
      ]),
    });
    const picture = png('household');
    const paper = Buffer.from('%PDF-1.4 paper');
    const { id } = own.form.submit(household('front door é.png', 'id card.pdf'), {
      files: { 'front door é.png': picture, 'id card.pdf': paper },
    });
    await own.take(queueFiles);
    await own.poll([filesStage]);
    const group = await registrant(own, id);
    assert.deepEqual(group?.photo, {
      name: 'front door é.png',
      contentType: 'image/png',
      blob: sha(picture),
      hash: sha(picture),
      size: picture.length,
    });
    const member = (await own.registry.load([own.subjectOf(id, 1)])).get(own.subjectOf(id, 1));
    assert.deepEqual(
      member?.documents?.map(({ name, hash, contentType }) => [name, hash, contentType]),
      [['id card.pdf', sha(paper), 'application/pdf']],
    );
    assert.deepEqual(await own.blobs.read(sha(picture)), picture);
    assert.deepEqual(await own.blobs.read(sha(paper)), paper);
    const stored = await files(own, id);
    assert.deepEqual(stored.map(({ name, state, contentType }) => [name, state, contentType]).sort(), [
      ['front door é.png', 'stored', 'image/png'],
      ['id card.pdf', 'stored', 'application/pdf'],
    ]);
    // Names are chosen by devices: no path is made of them.
    const onDisk = readdirSync(join(own.folder, 'blobs'), { recursive: true }).map(String);
    assert.ok(
      onDisk.every((path) => /^(incoming|[0-9a-f]{2}(\/[0-9a-f]{64})?)$/.test(path)),
      onDisk.join(),
    );
    assert.deepEqual(readFileSync(join(own.folder, 'blobs', sha(paper).slice(0, 2), sha(paper))), paper);
  });

  it('that arrive later are noticed although no stamp moves and conditional answers are 304 (§19 row 5 and 6)', async () => {
    const own = await start();
    const { id } = own.form.submit(household('late.png'));
    await own.take(queueFiles);
    await own.poll([filesStage]);
    assert.deepEqual(await counts(own), { outstanding: 1, stored: 0, failed: 0, bytes: 0 });
    const before = own.form.find(id)?.updatedAt;
    own.form.attach(id, 'late.png', png('late'));
    assert.equal(own.form.find(id)?.updatedAt, before);
    await own.poll([filesStage]);
    assert.equal((await registrant(own, id))?.photo?.hash, sha(png('late')));
    assert.deepEqual(await letters(own), []);
  });

  it('are asked for less and less often, from a minute to an hour, by many in one request', async () => {
    const own = await start();
    for (let n = 0; n < 5; n += 1) own.form.submit(household(`never_${n}.png`));
    await own.take(queueFiles);
    const run = () => own.poll([filesStage], { eager: false });
    await run();
    assert.equal(asked(own, '/attachments'), 5);
    await run();
    assert.equal(asked(own, '/attachments'), 5, 'not due yet');
    const lists = () => asked(own, '.svc/Submissions');
    const first = lists();
    own.advance(MINUTE);
    await run();
    assert.deepEqual([asked(own, '/attachments'), lists() - first], [5, 1]);
    own.advance(MINUTE);
    await run();
    assert.equal(lists() - first, 1, 'waits two minutes by now');
    own.advance(MINUTE);
    await run();
    assert.equal(lists() - first, 2);
    for (let hours = 0; hours < 10; hours += 1) {
      own.advance(60 * MINUTE);
      await run();
    }
    assert.equal(lists() - first, 12, 'every hour, and no less often');
  });

  it('that never come are given up after fourteen days, with a reason, and tried anew when somebody retries', async () => {
    const own = await start();
    const { id } = own.form.submit(household('never.png'));
    await own.take(queueFiles);
    await own.poll([filesStage]);
    own.advance(13 * DAY);
    await own.poll([filesStage]);
    assert.deepEqual(await letters(own), []);
    own.advance(2 * DAY);
    await own.poll([filesStage]);
    const [letter] = await letters(own);
    assert.deepEqual(
      [letter?.instance_id, letter?.reason, letter?.path, letter?.value],
      [id, 'attachment-missing', 'photo', '"never.png"'],
    );
    assert.equal(letter?.outcome, 'created', 'the registrant was not held up');
    assert.equal((await counts(own)).failed, 1);
    own.form.attach(id, 'never.png', png('at last'));
    await own.poll([filesStage]);
    assert.equal((await counts(own)).failed, 1, 'given up is given up');
    await own.take(queueFiles);
    await own.poll([filesStage]);
    assert.equal((await registrant(own, id))?.photo?.hash, sha(png('at last')));
    assert.deepEqual(await letters(own), []);
  });

  it('above the size cap are refused, and leave nothing behind', async () => {
    const own = await start({ settings: { files: { maxSize: '2kB' } } });
    const large = png('x'.repeat(5000));
    const { id } = own.form.submit(household('large.png'), { files: { 'large.png': large } });
    const small = own.form.submit(household('small.png'), { files: { 'small.png': png('small') } });
    await own.take(queueFiles);
    await own.poll([filesStage]);
    assert.deepEqual(
      (await letters(own)).map(({ instance_id, reason, value }) => [instance_id, reason, value]),
      [[id, 'attachment-too-large', '"large.png"']],
    );
    assert.equal((await registrant(own, id))?.photo, undefined);
    assert.equal(await own.blobs.has(sha(large)), false);
    assert.deepEqual(readdirSync(join(own.folder, 'blobs', 'incoming')), []);
    assert.equal((await registrant(own, small.id))?.photo?.hash, sha(png('small')));
  });

  it('are followed to object storage without the token', async () => {
    const own = await start();
    own.central.redirectFiles = true;
    const { id } = own.form.submit(household('far.png'), { files: { 'far.png': png('far') } });
    await own.take(queueFiles);
    await own.poll([filesStage]);
    assert.equal((await registrant(own, id))?.photo?.hash, sha(png('far')));
    assert.equal(own.central.requests.find(({ url }) => url.startsWith('/object-storage'))?.status, 200);
  });

  it('sent anew under the same name are seen by their MD5, and not fetched again otherwise', async () => {
    const own = await start();
    const { id } = own.form.submit(household('p.png'), { files: { 'p.png': png('first') } });
    await own.take(queueFiles);
    await own.poll([filesStage]);
    const version = (await registrant(own, id))?.version;
    await own.poll([filesStage]);
    assert.equal(own.central.requests.filter(({ url, status }) => url.endsWith('/p.png') && status === 200).length, 1);
    assert.equal((await registrant(own, id))?.version, version);
    own.form.attach(id, 'p.png', png('second'));
    await own.poll([filesStage]);
    assert.equal((await registrant(own, id))?.photo?.hash, sha(png('second')));
    // With object storage there is no ETag to ask by: the bytes are compared.
    own.central.redirectFiles = true;
    const then = (await registrant(own, id))?.version;
    await own.poll([filesStage]);
    assert.equal((await registrant(own, id))?.version, then);
  });

  it('cleared in Central are kept here', async () => {
    const own = await start();
    const { id } = own.form.submit(household('p.png'), { files: { 'p.png': png('kept') } });
    await own.take(queueFiles);
    await own.poll([filesStage]);
    own.form.clearFile(id, 'p.png');
    await own.poll([filesStage]);
    assert.equal((await registrant(own, id))?.photo?.hash, sha(png('kept')));
  });

  it('that are no picture are a document, whatever their name and their device say', async () => {
    const own = await start();
    const { id } = own.form.submit(household('evil.png'), {
      files: { 'evil.png': Buffer.from('<script>alert(1)</script>') },
    });
    await own.take(queueFiles);
    await own.poll([filesStage]);
    const group = await registrant(own, id);
    assert.equal(group?.photo, undefined);
    assert.deepEqual(
      group?.documents?.map(({ name, contentType }) => [name, contentType]),
      [['evil.png', 'application/octet-stream']],
    );
  });

  it('stay within the budget of an hour', async () => {
    const own = await start({ settings: { files: { perHour: '1kB' } } });
    for (let n = 0; n < 6; n += 1) {
      own.form.submit(household(`b${n}.png`), { files: { [`b${n}.png`]: png(`${n}`.repeat(600)) } });
    }
    await own.take(queueFiles);
    await own.poll([filesStage]);
    const { stored, outstanding } = await counts(own);
    assert.ok(stored >= 2 && stored <= 3, `${stored} were fetched`);
    await own.poll([filesStage]);
    assert.equal((await counts(own)).stored, stored);
    own.advance(60 * MINUTE);
    await own.poll([filesStage]);
    assert.ok((await counts(own)).outstanding < outstanding);
  });

  it('are fetched two at a time', async () => {
    const own = await start();
    let running = 0;
    let most = 0;
    for (let n = 0; n < 6; n += 1) {
      own.form.submit(household(`c${n}.png`), { files: { [`c${n}.png`]: png(`c${n}`) } });
    }
    await own.take(queueFiles);
    const { central } = own.context();
    await own.poll([filesStage], {
      central: {
        ...central,
        async attachment(...args) {
          running += 1;
          most = Math.max(most, running);
          try {
            return await central.attachment(...args);
          } finally {
            running -= 1;
          }
        },
      },
    });
    assert.equal(most, 2);
    assert.equal((await counts(own)).stored, 6);
  });

  it('of one submission that cannot be read do not stop the others; a broken transfer is tried again', async () => {
    const own = await start();
    const twin = own.form.submit(household('twin.png'), { files: { 'twin.png': png('twin') } });
    const cut = own.form.submit(household('cut.png'), { files: { 'cut.png': png('c'.repeat(2000)) } });
    const good = own.form.submit(household('good.png'), { files: { 'good.png': png('good') } });
    await own.take(queueFiles);
    const answers = twin.current[0]?.answers ?? {};
    own.form.editTwice(twin.id, answers, answers);
    own.central.trouble({ path: /cut\.png/, times: 2, kind: { cutAfter: 100 } });
    await own.poll([filesStage]);
    assert.ok((await registrant(own, good.id))?.photo);
    assert.equal((await registrant(own, cut.id))?.photo, undefined);
    await own.poll([filesStage]);
    assert.equal((await registrant(own, cut.id))?.photo?.size, 2008);
    assert.deepEqual(
      (await files(own, twin.id)).map(({ state, tries }) => [state, tries]),
      [['outstanding', 2]],
    );
  });

  it('follow the answers: a new name is fetched, one no longer named is forgotten, others survive an edit', async () => {
    const own = await start();
    const { id } = own.form.submit(household('a.png', 'doc.png'), {
      files: { 'a.png': png('a'), 'doc.png': png('d') },
    });
    await own.take(queueFiles);
    await own.poll([filesStage]);
    const answers = own.form.find(id)?.current[0]?.answers ?? {};
    own.form.edit(id, { ...answers, photo: 'b.png' });
    own.form.attach(id, 'b.png', png('b'));
    await own.take(queueFiles);
    assert.deepEqual((await files(own, id)).map(({ name, state }) => `${name} ${state}`).sort(), [
      'b.png outstanding',
      'doc.png stored',
    ]);
    await own.poll([filesStage]);
    assert.equal((await registrant(own, id))?.photo?.name, 'b.png');
  });

  it('do not replace a photo that somebody else put there', async () => {
    const own = await start();
    const { id } = own.form.submit(household('p.png'), { files: { 'p.png': png('field') } });
    await own.take(queueFiles);
    const before = await registrant(own, id);
    assert.ok(before);
    const office = { name: 'office.png', contentType: 'image/png', blob: sha(png('o')), hash: sha(png('o')), size: 9 };
    await database().write((tx) =>
      own.registry.save(tx, [{ id: before.id, draft: { ...toDraft(before), photo: office } }], 'user:office'),
    );
    await own.poll([filesStage]);
    assert.equal((await registrant(own, id))?.photo?.name, 'office.png');
  });

  it('are left alone while their submission is deleted, and looked for again when it is restored', async () => {
    const own = await start();
    const { id } = own.form.submit(household('p.png'));
    await own.take(queueFiles);
    own.form.remove(id);
    const rows = await own.context().central.byIds([id]);
    assert.equal(rows.length, 1);
    await database().write(async (tx) => {
      const stage = { ...place(own), formHash: 'h', mappingVersion: 'm1' };
      await writeReadings(tx, place(own), toReadings(rows, stage), 0);
    });
    await own.poll([filesStage]);
    assert.equal(asked(own, '/attachments'), 0);
    own.form.restore(id);
    await own.take(queueFiles);
    own.form.attach(id, 'p.png', png('back'));
    await own.poll([filesStage]);
    assert.equal((await registrant(own, id))?.photo?.hash, sha(png('back')));
  });
});

describe('files and drafts', () => {
  it('that answers still name stay through an edit, and others go', () => {
    const file = (name: string) => ({ name, contentType: 'image/png', blob: 'b', hash: 'b', size: 1 });
    const draft = { kind: 'group', active: true, identifiers: [], name: 'N' } as const;
    const current = { ...draft, photo: file('old.png'), documents: [file('x.pdf'), file('y.pdf')] } as never;
    const named = (target: 'photo' | 'document', name: string) => ({ target, name, path: 'p' });
    assert.deepEqual(keepFiles(draft, [named('photo', 'new.png'), named('document', 'y.pdf')], current), {
      ...draft,
      photo: file('old.png'),
      documents: [file('y.pdf')],
    });
    assert.deepEqual(keepFiles(draft, [], current), draft);
    assert.deepEqual(keepFiles(draft, [named('photo', 'new.png')], undefined), draft);
  });

  it('are known by their first bytes', () => {
    assert.equal(sniff(png('x')), 'image/png');
    assert.equal(sniff(Buffer.from('\xff\xd8\xff\xe0', 'latin1')), 'image/jpeg');
    assert.equal(sniff(Buffer.from('RIFF....WEBPVP8 ', 'latin1')), 'image/webp');
    assert.equal(sniff(Buffer.from('GIF')), undefined);
    assert.equal(sniff(Buffer.alloc(0)), undefined);
  });
});
