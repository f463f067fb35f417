import assert from 'node:assert/strict';
import * as validators from '#validators';
import { createLocations } from '../../../src/dci/locations/locations.ts';
import { allRoots } from '../../../src/dci/paths.ts';
import { handClock, household, person, put, registryOn } from '../../registry/support.ts';
import { describeStore } from '../../support/stores.ts';
import { type DciServer, startDciServer } from '../server.ts';

describeStore('the places known to the registry', ({ database }) => {
  let server: DciServer;
  before(async () => {
    server = await startDciServer({ db: database() });
    await put(
      database(),
      server.registry,
      person('Awa', {
        addresses: [
          { country: 'TH', regionCode: 'A205', city: 'Thani', lines: ['12 Secret Road'] },
          { text: 'behind the mill' },
        ],
      }),
      person('Moussa', { addresses: [{ country: 'th', state: 'Surat Thani', regionCode: 'A205', city: ' thani ' }] }),
      person('Gone', { active: false, addresses: [{ country: 'FR' }] }),
      household('Ba', { addresses: [{ district: 'Samui', city: 'Bophut' }] }),
    );
  });
  after(() => server.stop());

  it('are listed once each, with what contains them, in both spellings and under every prefix', async () => {
    assert.ok(allRoots.length > 20);
    const first = await server.get('/.well-known/locations.json');
    assert.equal(first.status, 200);
    assert.ok(validators.emitLocations(first.json), JSON.stringify(validators.emitLocations.errors));
    assert.match(first.headers.get('cache-control') ?? '', /max-age=600/);
    for (const root of allRoots) {
      assert.deepEqual((await server.get(`${root}/.well-known/locations.json`)).json, first.json, root);
      assert.ok(validators.emitJwks((await server.get(`${root}/.well-known/jwks.json`)).json), root);
    }
    const places = (first.json.locations as Record<string, unknown>[]).map((place) => [
      place['id'],
      place['name'],
      place['additional_type'],
      place['contained_in_place'],
    ]);
    assert.deepEqual(places, [
      ['samui', 'Samui', 'crosswalk:DISTRICT', null],
      ['samui/bophut', 'Bophut', 'crosswalk:LOCALITY', 'samui'],
      ['th', 'TH', 'crosswalk:COUNTRY', null],
      ['th/a205', 'Surat Thani', 'crosswalk:REGION', 'th'],
      ['th/a205/thani', 'Thani', 'crosswalk:LOCALITY', 'th/a205'],
    ]);
    for (const place of first.json.locations) {
      assert.equal(place.containedInPlace, place.contained_in_place);
      assert.equal(place.additionalType, place.additional_type);
    }
    assert.deepEqual(first.json.locations[3].identifier, [
      { '@type': 'PropertyValue', name: 'REGION_CODE', identifier: 'A205' },
    ]);
    assert.doesNotMatch(first.text, /Secret|mill/);
  });

  it('are walked for once in ten minutes, and meanwhile the list of before is given', async () => {
    const clock = handClock();
    const registry = registryOn(database());
    let walks = 0;
    const locations = createLocations({
      clock,
      registry: {
        walk: (kind) => {
          if (kind === 'individual') walks += 1;
          return registry.walk(kind);
        },
      },
    });
    const [first, second] = await Promise.all([locations(), locations()]);
    assert.equal(first, second);
    clock.advance(599_000);
    assert.equal(await locations(), first);
    assert.equal(walks, 1);
    clock.advance(1000);
    assert.equal(await locations(), first);
    assert.equal(walks, 2);
  });
});
