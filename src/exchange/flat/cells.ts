import { isObject, type Json } from '../../core/json.ts';

/** How the text of a cell and the value of a member become each other; what a cell cannot say stays text. */
export interface CellForm {
  readonly toCell: (value: Json) => string | undefined;
  readonly fromCell: (cell: string) => unknown;
}

const text: CellForm = { toCell: String, fromCell: (cell) => cell };

const number: CellForm = {
  toCell: String,
  fromCell: (cell) => (cell.trim() !== '' && Number.isFinite(Number(cell)) ? Number(cell) : cell),
};

// Spreadsheets write TRUE, people write 1.
const truth = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);
const boolean: CellForm = { toCell: String, fromCell: (cell) => truth.get(cell.trim().toLowerCase()) ?? cell };

/** A coded member: its codes alone, parted by `;`. */
const concept: CellForm = {
  toCell: (value) => {
    const coding = isObject(value) && Array.isArray(value['coding']) ? value['coding'] : [];
    return coding.flatMap((one) => (isObject(one) ? [String(one['code'])] : [])).join(';') || undefined;
  },
  fromCell: (cell) => ({
    coding: cell
      .split(';')
      .map((code) => ({ code: code.trim() }))
      .filter(({ code }) => code !== ''),
  }),
};

const readFree = (cell: string): Json => {
  if (!/^(-?\d|true$|false$|null$|["[{])/.test(cell)) return cell;
  try {
    const value = JSON.parse(cell) as Json;
    // `007` and `1.50` are codes, not numbers: only what would be written the same is one.
    return typeof value === 'number' && JSON.stringify(value) !== cell ? cell : value;
  } catch {
    return cell;
  }
};

/** Members that hold any JSON: a text that would read as something else stands in quotes. */
const free: CellForm = {
  toCell: (value) =>
    typeof value === 'string' && value !== '' && readFree(value) === value ? value : JSON.stringify(value),
  fromCell: readFree,
};

const forms = new Map<string, CellForm>([
  ['active', boolean],
  ['birthDateEstimated', boolean],
  ['member.inactive', boolean],
  ['telecom.rank', number],
  ['location.latitude', number],
  ['location.longitude', number],
  ['location.altitude', number],
  ['location.accuracy', number],
  ['location.place', free],
  ['address.geoLocation', free],
  ['gender', concept],
  ['member.role', concept],
]);

/** The form of a member by its path without brackets; `undefined` for one that is only a container of others. */
export const formOf = (shape: string): CellForm | undefined =>
  shape.startsWith('extension.') ? free : forms.get(shape);

export const plainText = text;
