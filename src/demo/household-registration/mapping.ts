/** How the demonstration's form becomes households: the mapping file of the guide (odk.md §18.2), as YAML. */
export const householdRegistrationMapping = `mapping: 1
form: household_registration
require:
  consent: 'consent = "yes"'
group:
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
members:
  each: members.member
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
      - each: document
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
`;
