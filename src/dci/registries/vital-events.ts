import type { Individual } from '../../registry/model.ts';
import { hasIdentifier, hasNewEntry, objectIn, type RegistryEvent, vital } from './event.ts';
import { same } from './wire.ts';

const isBorn = (person: Individual | undefined): boolean =>
  person?.birthDate !== undefined || hasIdentifier(person, 'birth_certificate');

const isDead = (person: Individual | undefined): boolean =>
  person?.deathDate !== undefined || hasIdentifier(person, 'death_certificate');

const maritalStatus = (person: Individual | undefined): unknown =>
  person?.sections?.vital?.['marital_status'] ?? person?.sections?.member?.['marital_status'];

const becameStatus = (before: Individual | undefined, after: Individual, status: string): boolean =>
  maritalStatus(after) === status && maritalStatus(before) !== status;

const parents = ['parent1_identifier', 'parent2_identifier'];

/** The events of a life, told when the record first says of them: nobody sends the event as such. */
export const vitalEvents: readonly RegistryEvent[] = [
  vital('birth', ['birth', 'livebirth', 'newborn'], (before, after) => isBorn(after) && !isBorn(before)),
  vital('death', ['death'], (before, after) => isDead(after) && !isDead(before)),
  // Who is entered as dead and was never born alive.
  vital(
    'fetal_death',
    ['fetaldeath', 'stillbirth'],
    (before, after) => before === undefined && isDead(after) && !isBorn(after),
  ),
  vital(
    'marriage',
    ['marriage'],
    (before, after, what) =>
      hasNewEntry(what, 'vital', 'marriage_date') ||
      (hasIdentifier(after, 'marriage_certificate') && !hasIdentifier(before, 'marriage_certificate')) ||
      (before !== undefined && becameStatus(before, after, 'M')),
  ),
  vital(
    'divorce',
    ['divorce'],
    (before, after, what) =>
      hasNewEntry(what, 'vital', 'divorce_date') || (before !== undefined && becameStatus(before, after, 'D')),
  ),
  // A child whose parents were known gets others.
  vital('adoption', ['adoption'], (before, after) =>
    parents.some((parent) => {
      const was = objectIn(before, 'vital', parent);
      const is = objectIn(after, 'vital', parent);
      return was !== undefined && is !== undefined && !same(was, is);
    }),
  ),
];
