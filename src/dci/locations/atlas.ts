import { compareCodePoints, fold } from '../../core/text.ts';
import type { Level } from './levels.ts';

interface Place {
  readonly id: string;
  readonly level: Level;
  readonly within: string | null;
}

/** A place of the wire, in the spelling of the standard and in those of its schema and of peers (dci.md §10, C33). */
export interface WirePlace {
  readonly '@type': 'Place';
  readonly id: string;
  readonly name: string;
  readonly identifier: readonly object[];
  readonly additional_type: string;
  readonly additionalType: string;
  readonly contained_in_place: string | null;
  readonly containedInPlace: string | null;
}

/** Every place once, however many addresses name it and however they spell it. */
export interface Atlas {
  add(way: readonly Level[]): void;
  /** In the order of their ids: what contains a place stands before it. */
  list(): readonly WirePlace[];
}

// Further places than these help nobody to choose one, and the document must stay one that can be sent.
const MAX_PLACES = 50_000;

const toWire = ({ id, level: { sort, name, code }, within }: Place): WirePlace => ({
  '@type': 'Place',
  id,
  name,
  identifier: code === undefined ? [] : [{ '@type': 'PropertyValue', name: `${sort}_CODE`, identifier: code }],
  additional_type: `crosswalk:${sort}`,
  additionalType: `crosswalk:${sort}`,
  contained_in_place: within,
  containedInPlace: within,
});

/** The part of an id: stable for a place whichever address names it first. */
const partOf = ({ name, code }: Level): string => encodeURIComponent(fold(code ?? name).replace(/\s+/g, '-'));

export const createAtlas = (): Atlas => {
  const places = new Map<string, Place>();
  return {
    add(way) {
      let within: string | null = null;
      for (const level of way) {
        const id: string = within === null ? partOf(level) : `${within}/${partOf(level)}`;
        const known = places.get(id);
        if (!known && places.size >= MAX_PLACES) return;
        // A name says more than the code alone.
        const isBetter = known !== undefined && known.level.name === known.level.code && level.name !== level.code;
        if (!known || isBetter) places.set(id, { id, level, within });
        within = id;
      }
    },
    list: () => [...places.values()].sort((a, b) => compareCodePoints(a.id, b.id)).map(toWire),
  };
};
