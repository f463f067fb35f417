/** What the leaves of a mapping are written in. */
export type Language = 'jsonata' | 'jq';
