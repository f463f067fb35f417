import type { Tx } from '../storage/index.ts';
import { isCentralError } from './central/answer.ts';
import type { ODataRow } from './central/api.ts';
import type { PollContext } from './ports.ts';
import { readSubmissionXml } from './read-xml.ts';
import type { KnownForm } from './sources.store.ts';
import { type Sorted, sortReadings, stageReadings, toReadings } from './stage.ts';
import { type Reading, readEntries } from './submissions.store.ts';

/** In XML mode: the row as its XML tells it, by the fields of its own version. */
const fromXml = async ({ central, source, log }: PollContext, reading: Reading): Promise<Reading> => {
  const version = reading.form_version ?? '';
  const fields = (source.form as KnownForm).versions[version]?.fields;
  if (!fields || reading.status !== null || reading.anomaly === 1 || reading.deleted_at !== null) return reading;
  try {
    const row = readSubmissionXml(await central.submissionXml(reading.instance_id), fields, JSON.parse(reading.row));
    return row ? { ...reading, row: JSON.stringify(row) } : reading;
  } catch (error) {
    // Deleted meanwhile, or one of those that fail for good: the row stands as the list showed it.
    if (!isCentralError(error, 404) && !isCentralError(error, 500)) throw error;
    log.warn({ source: source.name, instance: reading.instance_id }, 'the XML of a submission cannot be read');
    return reading;
  }
};

/**
 * Takes rows that were read into the ledger and the queue, and into the count of this poll. `also` commits with them.
 */
export const takeRows = async (
  context: PollContext,
  rows: readonly ODataRow[],
  also: (tx: Tx, sorted: Sorted) => Promise<void> = async () => {},
): Promise<Sorted> => {
  const { source, place, db, tally } = context;
  const form = source.form as KnownForm;
  let readings = toReadings(rows, { ...place, formHash: form.hash, mappingVersion: source.mappingVersion });
  if (source.settings.read === 'xml') {
    const ids = readings.map(({ instance_id }) => instance_id);
    const { fresh } = sortReadings(await db.read((reader) => readEntries(reader, place, ids)), readings);
    const told = new Map<string, Reading>();
    for (const reading of fresh) told.set(reading.instance_id, await fromXml(context, reading));
    readings = readings.map((reading) => told.get(reading.instance_id) ?? reading);
  }
  const sorted = await context.write(async (tx) => {
    const staged = await stageReadings(tx, place, readings);
    await also(tx, staged);
    return staged;
  });
  for (const id of sorted.unchanged) tally.note(id, 'unchanged');
  for (const { instance_id } of sorted.echoes) tally.note(instance_id, 'echo');
  return sorted;
};
