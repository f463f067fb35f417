import { readFileSync } from 'node:fs';
import { type Form, readFieldRows, toForm } from '../../../src/odk/mapping/form.ts';
import { parseMappingText } from '../../../src/odk/mapping/parse.ts';
import { type ReadMapping, readMapping } from '../../../src/odk/mapping/read.ts';

export const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/odk/${name}`, import.meta.url), 'utf8');

export const formOf = (version: 1 | 2): Form =>
  toForm('household_registration', `v${version}`, readFieldRows(JSON.parse(fixture(`fields-odata.v${version}.json`))));

/** The whole mapping file of the guide (odk.md §18.2). */
export const wholeMapping = `
mapping: 1                       # version of this grammar
form: household_registration     # must be the source's form
language: jsonata                # jsonata | jq
source: { poll: { every: 60s } } # optional, §18.1
require:                         # source path: condition; not true -> required-missing at that path
  consent: 'consent = "yes"'
group:                           # one Group per submission
  key: { from: [__id] }          # default
  type: household
  name: hh_name
  identifiers:
    - { type: odk_submission, value: __id }
    - { type: card, value: card_no }
  address:
    - { district: { choice: district, vocabulary: district } }
  location: location
  registeredOn: reg_date
  photo: { attachment: photo }
  attributes:
    rooms: rooms
    programmes: { choices: programmes, vocabulary: programme }
members:                         # one Individual and one membership per row
  each: members.member           # path of a repeat; leaves below see the row
  allowEmpty: true
  key:
    from:
      - 'document[doc_type = "nid"][0].doc_number'
      - '[name.given_name, name.family_name, dob]'
  individual:
    given: name.given_name
    family: name.family_name
    birthDate: dob
    sex: { choice: sex, vocabulary: sex }
    identifiers:
      - each: document           # a nested repeat
        type: { choice: doc_type, vocabulary: document }
        value: doc_number
    photo: { attachment: 'document[doc_photo][0].doc_photo' }
  relationship: { choice: relation, vocabulary: relationship }
  isHead: 'relation = "head"'
head: { mode: member, missing: fail, ambiguous: fail }
vocabularies:
  sex: { m: "1", f: "2", o: "9" }
  relationship: { head: head, spouse: spouse, child: child, parent: other, other: other }
  document: { birth_cert: birth_certificate, nid: national_id, voter: voter_card }
  district: { d01: North Lake, d02: Green Valley, d03: Port City }
  programme: { cash: cash, food: food, school_meals: school_meals }
publish:                         # optional entity list, §12
  dataset: registrants
  each: group                    # group | individual; leaves see the registrant as API V2 JSON
  label: name
  properties:
    reg_id: 'identifier[$contains(system, "card")].value'
    hh_size: '$string(quantity)'
    phone: { owner: field, target: attributes.phone }   # written by the field, read back by us; default owner: registry
`;

/** The whole mapping with some text replaced. */
export const changed = (...replacements: readonly (readonly [string, string])[]): string =>
  replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the mapping does not say ${from}`);
    return text.replace(from, to);
  }, wholeMapping);

export const read = (text: string, form: Form | undefined = formOf(1)): ReadMapping =>
  readMapping(parseMappingText(text), form);
