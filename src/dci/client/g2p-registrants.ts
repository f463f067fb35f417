import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { given } from '../envelope.ts';

type Members = Readonly<Record<string, unknown>>;

// What one peer answers in GraphQL (openspp-modules.md §11): its registrants under the name of the root field.
const ROOT = 'getRegistrants';

const objects = (value: unknown): readonly Members[] => (Array.isArray(value) ? value.filter(isObject) : []);

const textIn = (members: Members, ...names: readonly string[]): string | undefined => {
  for (const name of names) {
    const text = given(members[name]);
    if (text !== undefined) return text;
  }
  return undefined;
};

const withMembers = (members: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonObject;

const identifiersOf = (registrant: Members): readonly JsonObject[] =>
  objects(registrant['regIds']).flatMap((one) => {
    const type = isObject(one['idType']) ? textIn(one['idType'], 'name') : textIn(one, 'idType');
    const value = textIn(one, 'value');
    return type === undefined || value === undefined ? [] : [{ identifier_type: type, identifier_value: value }];
  });

const phonesOf = (registrant: Members): readonly string[] =>
  objects(registrant['phoneNumberIds']).flatMap((one) => textIn(one, 'phoneNo', 'phoneSanitized') ?? []);

const nameOf = (registrant: Members): JsonObject | undefined => {
  const parts = withMembers({
    given_name: textIn(registrant, 'givenName'),
    surname: textIn(registrant, 'familyName'),
    second_name: textIn(registrant, 'addlName'),
  });
  if (Object.keys(parts).length > 0) return parts;
  const whole = textIn(registrant, 'name');
  return whole === undefined ? undefined : { given_name: whole };
};

const toMember = (registrant: Members): JsonObject => {
  const identifiers = identifiersOf(registrant);
  const phones = phonesOf(registrant);
  const email = textIn(registrant, 'email');
  const person = withMembers({
    identifier: identifiers,
    name: nameOf(registrant),
    sex: textIn(registrant, 'gender')?.toLowerCase(),
    birth_date: textIn(registrant, 'birthDate', 'birthdate'),
    phone_number: phones.length > 0 ? phones : undefined,
    email: email === undefined ? undefined : [email],
    address: textIn(registrant, 'address'),
  });
  return { member_identifier: identifiers, demographic_info: person };
};

/** The part that a person has in a group: the head, by whatever its kind is called there. */
const roleOf = (membership: Members): string | undefined =>
  objects(membership['kind']).some((one) => /head/i.test(textIn(one, 'name') ?? '')) ? 'SELF' : undefined;

const toGroup = (registrant: Members): JsonObject => {
  const memberships = objects(registrant['groupMembershipIds']);
  const members = memberships.flatMap((one) => {
    if (!isObject(one['individual'])) return [];
    const member = toMember(one['individual']);
    const role = roleOf(one);
    return [role === undefined ? member : { ...member, relationship_head: role }];
  });
  const name = textIn(registrant, 'name');
  return withMembers({
    group_identifier: identifiersOf(registrant),
    group_type: '2',
    member_list: members,
    additional_attributes: name === undefined ? undefined : [{ key: 'name', value: name }],
  });
};

/** The registrants of a GraphQL answer as records of a social registry; groups bring their members along. */
export const fromG2pRecords = (records: readonly JsonObject[], areGroups: boolean): readonly JsonObject[] =>
  records
    .flatMap((record) => (ROOT in record ? objects(record[ROOT]) : [record]))
    .map((registrant) => (registrant['isGroup'] === true || areGroups ? toGroup(registrant) : toMember(registrant)));
