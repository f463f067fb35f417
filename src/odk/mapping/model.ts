import type { Kind } from '../../registry/index.ts';
import type { RemoteExpression } from './expressions/engine.ts';
import type { Expression, Language } from './expressions/expression.ts';
import type { SectionPlace, Target } from './targets.ts';

/** An expression of a mapping: as compiled, and its number among those the engine must answer. */
export interface MappedExpression extends Expression {
  readonly remote: number | undefined;
  /** Type of the field it reads, where it reads exactly one. */
  readonly fieldType: string | undefined;
}

/** What becomes of a choice name for which there is no code. */
export type UnknownPolicy = 'fail' | 'drop' | 'raw' | { readonly default: unknown };

export type Leaf =
  | { readonly kind: 'value'; readonly expression: MappedExpression }
  | { readonly kind: 'const'; readonly value: unknown }
  | {
      readonly kind: 'choice' | 'choices';
      readonly expression: MappedExpression;
      readonly vocabulary: string;
      readonly unknown: UnknownPolicy;
    }
  | { readonly kind: 'attachment'; readonly expression: MappedExpression };

/** One thing of a list, or one per row of a repeat. */
export interface ListItem {
  readonly each: readonly string[] | undefined;
  readonly leaves: readonly { readonly name: string; readonly target: Target; readonly leaf: Leaf }[];
}

export interface RegistrantMapping {
  readonly kind: Kind;
  /** Of a group: `household`. */
  readonly groupType: string | undefined;
  readonly singles: readonly { readonly name: string; readonly target: Target; readonly leaf: Leaf }[];
  readonly sections: readonly { readonly place: SectionPlace; readonly leaf: Leaf }[];
  readonly attributes: readonly { readonly name: string; readonly leaf: Leaf; readonly type: string | undefined }[];
  readonly identifiers: readonly ListItem[];
  readonly telecom: readonly ListItem[];
  readonly address: readonly ListItem[];
  readonly documents: readonly ListItem[];
  readonly events: readonly ListItem[];
  readonly photo: Leaf | undefined;
  readonly disability: Leaf | undefined;
  readonly programmes: Leaf | undefined;
}

export interface MembersMapping {
  readonly each: readonly string[];
  readonly allowEmpty: boolean;
  readonly keys: readonly MappedExpression[];
  readonly individual: RegistrantMapping;
  readonly relationship: Leaf | undefined;
  readonly isHead: Leaf | undefined;
}

export interface HeadMapping {
  readonly mode: 'member' | 'group' | 'first';
  readonly missing: 'fail' | 'noHead';
  readonly ambiguous: 'fail' | 'first' | 'noHead';
  readonly person: RegistrantMapping | undefined;
  readonly personKeys: readonly MappedExpression[];
}

export type Vocabulary = ReadonlyMap<string, unknown>;

/** One property of a published entity list. */
export interface PublishedProperty {
  readonly name: string;
  readonly value: string;
  readonly owner: 'registry' | 'field';
  readonly target: string | undefined;
}

export interface Publish {
  readonly dataset: string;
  readonly each: Kind;
  readonly label: string;
  readonly properties: readonly PublishedProperty[];
}

/** A mapping that was read: how one submission becomes registrants. */
export interface Mapping {
  readonly form: string;
  readonly language: Language;
  readonly require: readonly { readonly path: string; readonly condition: MappedExpression }[];
  readonly keys: readonly MappedExpression[];
  readonly subject: RegistrantMapping;
  readonly members: MembersMapping | undefined;
  readonly head: HeadMapping;
  readonly vocabularies: ReadonlyMap<string, Vocabulary>;
  readonly publish: Publish | undefined;
  /** What the engine has to answer for every submission. */
  readonly remote: readonly RemoteExpression[];
  /** Fields that leaves read, by path, with the type they had. */
  readonly fields: ReadonlyMap<string, string>;
  /** Settings of the source (odk.md §18.1) that stand in the mapping file. */
  readonly source: Readonly<Record<string, unknown>>;
}
